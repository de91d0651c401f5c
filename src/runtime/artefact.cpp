#include "runtime/artefact.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "formats/batch_norm.hpp"
#include "formats/gguf_writer.hpp"
#include "formats/tensor_data.hpp"
#include "models/other_layouts.hpp"

#include <list>

namespace lp {
namespace {

using nlohmann::json;

json metadata_of(const Model& model, DType precision) {
  const ModelInfo& info = model.info;
  return {{"general.alignment", 64},
          {"general.architecture", info.family},
          {"general.name", model.name},
          {"general.license", info.license},
          {"lp.format_version", artefact_version},
          {"lp.family", info.family},
          {"lp.task", info.task},
          {"lp.variant", info.variant},
          {"lp.labels", info.labels},
          {"lp.image_size", info.image_size},
          {"lp.max_tokens", info.max_tokens},
          {"lp.preprocessing", info.preprocessing.dump()},
          {"lp.tokenizer", info.tokenizer},
          {"lp.quantization", info.quantization.dump()},
          {"lp.precision", name(precision)},
          {"lp.config", info.config.dump()}};
}

/// The value of a key, if it is there with the type of `fallback`.
template <class T>
T read(const json& metadata, const char* key, const T& fallback) {
  const auto it = metadata.find(key);
  if (it == metadata.end()) return fallback;
  try {
    return it->get<T>();
  } catch (const json::exception&) {
    return fallback;
  }
}

ModelInfo info_of(const Checkpoint& checkpoint) {
  const json& metadata = checkpoint.metadata;
  ModelInfo info{.family = read<std::string>(metadata, "lp.family", ""),
                 .task = read<std::string>(metadata, "lp.task", ""),
                 .variant = read<std::string>(metadata, "lp.variant", ""),
                 .labels = read<std::vector<std::string>>(metadata, "lp.labels", {}),
                 .image_size = read<int>(metadata, "lp.image_size", 0),
                 .max_tokens = read<int>(metadata, "lp.max_tokens", 0),
                 .license = read<std::string>(metadata, "general.license", "")};
  info.config = parse_json(read<std::string>(metadata, "lp.config", ""), checkpoint.file + ": `lp.config`");
  const auto within = [](int value, int most) { return value >= 0 && value <= most; };
  const bool of_sounds = info.task == "transcribe" || info.task == "speak";
  if (!within(info.image_size, 16384) || !within(info.max_tokens, 1 << 20) ||
      (info.image_size + info.max_tokens == 0 && !of_sounds))
    fail(Fault::bad_model, "{}: `lp.image_size` is missing or broken; convert the model anew",
         checkpoint.file);
  if (metadata.contains("lp.preprocessing"))
    info.preprocessing = parse_json(read<std::string>(metadata, "lp.preprocessing", ""),
                                    checkpoint.file + ": `lp.preprocessing`");
  info.tokenizer = read<std::string>(metadata, "lp.tokenizer", "");
  if (metadata.contains("lp.quantization"))
    info.quantization = parse_json(read<std::string>(metadata, "lp.quantization", ""),
                                   checkpoint.file + ": `lp.quantization`");
  return info;
}

/// i8 where any weight is quantized, else the type of most of the weights' bytes.
DType stored_type(const Checkpoint& checkpoint) {
  std::map<DType, std::size_t> bytes;
  for (const auto& [path, tensor] : checkpoint.tensors)
    if (!tensor.scales.empty()) return DType::i8;
  for (const auto& [path, tensor] : checkpoint.tensors) bytes[tensor.dtype] += tensor.data.size();
  const auto most =
      std::max_element(bytes.begin(), bytes.end(), [](auto& a, auto& b) { return a.second < b.second; });
  return most == bytes.end() ? DType::f32 : most->first;
}

}  // namespace

void write_artefact(const std::filesystem::path& gguf, const Model& model, DType precision) {
  const bool quantized = precision == DType::i8;
  if (!quantized && precision != DType::f32 && precision != DType::f16 && precision != DType::bf16)
    fail(Fault::unsupported, "{}: weights are stored as f32, f16, bf16 or int8, not {}", model.name,
         name(precision));
  std::list<std::vector<std::byte>> converted;  // keeps what tensors point at
  std::map<std::string, StoredTensor, std::less<>> tensors;
  for (const auto& [path, tensor] : model.checkpoint.tensors) {
    StoredTensor stored = tensor;
    // Vectors (biases, scales of norms) are few and sensitive: they stay f32.
    const DType type = tensor.shape.size() < 2 || quantized ? DType::f32 : precision;
    const bool is_kept = stored.dtype == type || (quantized && !tensor.scales.empty());
    if (!is_kept) stored = {type, tensor.shape, converted.emplace_back(from_f32(to_f32(tensor), type))};
    tensors.emplace(path, stored);
  }
  json metadata = metadata_of(model, precision);
  if (!quantized) metadata.erase("lp.quantization");
  write_gguf(gguf, metadata, tensors);
}

std::shared_ptr<const Model> open_model(const std::filesystem::path& path, const std::string& model_name) {
  auto model = std::make_shared<Model>();
  model->name = model_name;
  model->checkpoint = open_checkpoint(path);
  const json& metadata = model->checkpoint.metadata;
  if (metadata.contains("lp.family")) {
    model->format_version = read<int>(metadata, "lp.format_version", 0);
    if (model->format_version > artefact_version)
      fail(Fault::unsupported,
           "{}: made by a newer llama-pajamas (format {}, this one reads up to {}); update the program",
           model->checkpoint.file, model->format_version, artefact_version);
    model->info = info_of(model->checkpoint);
    model->family = &find_family(model->info.family);
  } else {
    rename_other_layouts(model->checkpoint);
    model->family = &recognize(model->checkpoint);
    if (model->family->batch_norm_eps > 0) fold_batch_norms(model->checkpoint, model->family->batch_norm_eps);
    model->info = model->family->describe(model->checkpoint);
  }
  model->stored = stored_type(model->checkpoint);
  return model;
}

}  // namespace lp
