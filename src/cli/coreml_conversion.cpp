#include "cli/coreml_conversion.hpp"

#include "backends/coreml/emit.hpp"
#include "base/error.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "cli/stop.hpp"
#include "cli/version.hpp"
#include "tasks/image_encoder.hpp"

#include <algorithm>

namespace lp::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

DType precision_to_emit(const Settings& settings) {
  const std::string asked = lower(settings.text("precision"));
  if (asked == "auto") return DType::f16;
  const std::optional<DType> type = parse_dtype(asked);
  if (!type)
    fail(Fault::usage, "--precision: no precision `{}`; a Core ML package is of float16 or float32", asked);
  if (*type != DType::f16 && *type != DType::f32)
    fail(Fault::unsupported,
         "--precision: this version writes Core ML packages of float16 or float32, not {}", asked);
  return *type;
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
  return metadata;
}

/// The sizes that a package takes, in one run. Of a voice a clause: phonemes with the signs between them, and
/// some six seconds of sound at the usual 86 frames a second.
BuildOptions sizes_of(const ModelInfo& info) {
  constexpr int clause_phonemes = 256, clause_frames = 512;
  BuildOptions sizes = default_sizes(info);
  if (info.task == "speak") sizes.tokens = clause_phonemes, sizes.frames = clause_frames;
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
  const DType precision = precision_to_emit(settings);
  const auto opened = open_model(incoming.weights, name);
  Model model = *opened;
  if (model.stored == DType::i8)
    fail(Fault::usage, "{}: it is of int8; a Core ML package is made of a model in floating numbers", name);
  if (settings.has("size")) model.info.image_size = settings.integer("size");
  std::optional<Manifest> before;
  if (store.contains(name)) before = store.manifest(name);
  model.info.license = license_of(settings, incoming, before, model);
  coreml::EmitOptions options{.precision = precision, .metadata = metadata_of(model)};
  options.keeps_states = settings.text("states") == "kept";
  if (settings.text("input") == "image" && model.info.image_size > 0) options.image = image_input(model);

  const Program program = build_program(model, sizes_of(model.info));
  const std::string folder = precision == DType::f16 ? "float16" : "float32";
  Artefact artefact{
      .format = "coreml", .precision = folder, .path = "coreml/" + folder, .compatible_backends = {"coreml"}};
  const Manifest about = manifest_of(incoming, model, program);
  store.check_addable(name, about);
  const Staging staging = store.stage(name);
  json packages = json::object();
  for (const Graph& graph : program.graphs) {
    if (!is_separate(*model.family, graph.name)) continue;
    check_stop();
    const std::string package = program.graphs.size() == 1 ? "model" : graph.name;
    options.known = known_inputs(*model.family, graph);
    const coreml::Emitted emitted = coreml::emit(
        graph, model.checkpoint, staging.folder() / artefact.path / (package + ".mlpackage"), options);
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
                     {"packages", packages},
                     {"source", about.source}};
  if (before) warn_of_others(*before, about.source, artefact);
  check_stop();
  artefact.files = files_under(staging.folder(), artefact.path);
  store.add(name, about, std::span(&artefact, 1), staging);
  json answer = answer_of(store, about, artefact);
  answer["packages"] = packages;
  return answer;
}

}  // namespace lp::cli
