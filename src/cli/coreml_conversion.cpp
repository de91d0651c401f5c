#include "cli/coreml_conversion.hpp"

#include "backends/coreml/emit.hpp"
#include "base/error.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "cli/stop.hpp"
#include "cli/version.hpp"
#include "tasks/image_encoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace lp::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// What a package computes in, and how it keeps weights.
struct EmitPrecision {
  DType type = DType::f16;
  coreml::WeightForm weights = coreml::WeightForm::whole;

  std::string folder() const {
    if (weights != coreml::WeightForm::whole) return std::string(coreml::name(weights));
    return type == DType::f16 ? "float16" : "float32";
  }
};

/// @throws Error{usage} for one that there is not, or that the model cannot have.
EmitPrecision precision_to_emit(const Settings& settings, const Model& model) {
  const std::string asked = lower(settings.text("precision"));
  const bool has_bytes = model.stored == DType::i8;
  const std::optional<DType> type =
      asked == "auto" ? std::optional(has_bytes ? DType::i8 : DType::f16) : parse_dtype(asked);
  EmitPrecision precision;
  using coreml::WeightForm;
  if (type == DType::i8)
    precision.weights = WeightForm::int8;
  else if (asked == coreml::name(WeightForm::palette6))
    precision.weights = WeightForm::palette6;
  else if (asked == coreml::name(WeightForm::palette4))
    precision.weights = WeightForm::palette4;
  else if (type == DType::f32 || type == DType::f16)
    precision.type = *type;
  else
    fail(Fault::usage,
         "--precision: a Core ML package is of float16, float32, int8, palette6 or palette4, not `{}`",
         asked);
  if (has_bytes && precision.weights != WeightForm::int8)
    fail(Fault::usage, "{}: it is of int8, and so would be its Core ML package, not {}", model.name, asked);
  return precision;
}

/// Source: the numbers that the task gives the graph (tasks/letterbox.hpp, tasks/image_transform.hpp).
coreml::ImageInput image_input(const Model& model) {
  coreml::ImageInput image;
  if (model.info.preprocessing.empty()) return image;
  const ImageTransform transform = image_transform_of(model);
  for (std::size_t i = 0; i < 3; ++i) {
    image.scale[i] = transform.factor / transform.std[i];
    image.offset[i] = -transform.mean[i] / transform.std[i];
  }
  return image;
}

std::string text_of(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

/// @throws Error{usage} for a model that finds no boxes, or that is given numbers in place of a picture.
coreml::mil::Detector detector_of(const Settings& settings, const Model& model) {
  if (model.info.task != "detect" || settings.text("input") != "image")
    fail(Fault::usage, "--nms: {} is for {}{}; Vision's detectors are for detect, and take images",
         model.name, model.info.task, settings.text("input") == "image" ? "" : ", and given numbers");
  return {.iou = settings.number("iou"),
          .confidence = settings.number("confidence"),
          .labels = model.info.labels};
}

/// What an app that speaks has to know of a voice, as its configuration has it; empty for other models.
json voice_of(const Model& model) {
  json voice = json::object();
  if (model.info.task != "speak") return voice;
  const json& config = model.info.config;
  for (const char* const key : {"rate", "hop", "slowness"})
    if (config.contains(key)) voice[key] = config[key];
  if (const auto piper = config.find("voice"); piper != config.end() && piper->is_object())
    for (const char* const key : {"inference", "phoneme_id_map"})
      if (piper->contains(key)) voice[key] = (*piper)[key];
  return voice;
}

coreml::mil::Metadata metadata_of(const Model& model) {
  coreml::mil::Metadata metadata{.description = fmt::format("{}: {}", model.name, model.family->doc),
                                 .author = text_of(model.checkpoint.metadata, "author"),
                                 .license = model.info.license,
                                 .version = fmt::format("llama-pajamas {}", program_version())};
  metadata.more = {{"lp.family", model.info.family}, {"lp.task", model.info.task}};
  if (!model.info.labels.empty()) metadata.more["lp.labels"] = json(model.info.labels).dump();
  if (!model.info.preprocessing.empty())
    metadata.more["lp.preprocessing"] =
        with_side(image_transform_of(model), model.info.image_size).to_json().dump();
  if (const json voice = voice_of(model); !voice.empty()) metadata.more["lp.voice"] = voice.dump();
  return metadata;
}

/// The sizes that a package takes, in one run.
BuildOptions sizes_of(const Family& family, const ModelInfo& info) {
  BuildOptions sizes = default_sizes(info);
  if (family.package_tokens > 0) sizes.tokens = family.package_tokens;
  if (family.package_frames > 0) sizes.frames = family.package_frames;
  return sizes;
}

/// Whether a graph becomes a package.
bool is_separate(const Family& family, std::string_view graph) {
  return family.separate.empty() ||
         std::find(family.separate.begin(), family.separate.end(), graph) != family.separate.end();
}

std::map<std::string, std::vector<float>, std::less<>> known_inputs(const Family& family,
                                                                    const Graph& graph) {
  std::map<std::string, std::vector<float>, std::less<>> known;
  if (family.known_input == nullptr) return known;
  for (const int id : graph.inputs())
    if (std::vector<float> numbers = family.known_input(graph[id].name, graph[id].shape); !numbers.empty())
      known.emplace(graph[id].name, std::move(numbers));
  return known;
}

/// All files in a folder of a model, by their paths in `root`.
std::vector<StoredFile> files_under(const fs::path& root, const fs::path& folder) {
  std::vector<StoredFile> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / folder))
    if (entry.is_regular_file())
      files.push_back({fs::relative(entry.path(), root).generic_string(), entry.file_size(),
                       sha256_of_file(entry.path())});
  std::sort(files.begin(), files.end(),
            [](const StoredFile& a, const StoredFile& b) { return a.path < b.path; });
  return files;
}

}  // namespace

json take_in_coreml(const Store& store, const Settings& settings, const Incoming& incoming) {
  const std::string& name = incoming.name;
  const auto opened = open_model(incoming.weights, name);
  Model model = *opened;
  const EmitPrecision precision = precision_to_emit(settings, model);
  if (settings.has("size")) model.info.image_size = settings.integer("size");
  std::optional<Manifest> before;
  if (store.contains(name)) before = store.manifest(name);
  model.info.license = license_of(settings, incoming, before, model);
  coreml::EmitOptions options{
      .precision = precision.type, .weights = precision.weights, .metadata = metadata_of(model)};
  options.keeps_states = settings.text("states") == "kept";
  if (settings.text("input") == "image" && model.info.image_size > 0) options.image = image_input(model);
  if (settings.flag("nms")) options.detector = detector_of(settings, model);

  Program program = build_program(model, sizes_of(*model.family, model.info));
  // A detector gives other outputs: it is another artefact.
  const std::string folder = precision.folder() + (options.detector ? "-nms" : "");
  Artefact artefact{
      .format = "coreml", .precision = folder, .path = "coreml/" + folder, .compatible_backends = {"coreml"}};
  const Manifest about = manifest_of(incoming, model, program);
  store.check_addable(name, about);
  const Staging staging = store.stage(name);
  json packages = json::object();
  for (Graph& graph : program.graphs) {
    if (!is_separate(*model.family, graph.name)) continue;
    check_stop();
    const std::string package = program.graphs.size() == 1 ? "model" : graph.name;
    options.known = known_inputs(*model.family, graph);
    const Placement placement{.precision = model.stored == DType::i8 ? DType::i8 : precision.type};
    const coreml::Emitted emitted =
        coreml::emit(placed_graph(model, std::move(graph), placement), model.checkpoint,
                     staging.folder() / artefact.path / (package + ".mlpackage"), options);
    packages[package] = {{"specification", emitted.version},
                         {"needs", coreml::mil::systems_of(emitted.version)},
                         {"operations", emitted.counts}};
  }
  artefact.recipe = {{"program", fmt::format("llama-pajamas {}", program_version())},
                     {"commit", program_commit()},
                     {"command", incoming.command},
                     {"source_precision", precision_name(opened->stored)},
                     {"precision", folder},
                     {"image_size", model.info.image_size},
                     {"input", settings.text("input")},
                     {"states", settings.text("states")},
                     {"packages", packages},
                     {"source", about.source}};
  if (before) warn_of_others(*before, about.source, artefact);
  check_stop();
  if (options.detector)
    artefact.recipe["nms"] = {{"iou", options.detector->iou}, {"confidence", options.detector->confidence}};
  artefact.files = files_under(staging.folder(), artefact.path);
  store.add(name, about, std::span(&artefact, 1), staging);
  json answer = answer_of(store, about, artefact);
  answer["packages"] = packages;
  return answer;
}

}  // namespace lp::cli
