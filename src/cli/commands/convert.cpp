#include "base/error.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "cli/calibrate.hpp"
#include "cli/command.hpp"
#include "cli/model_choice.hpp"
#include "cli/output.hpp"
#include "cli/stop.hpp"
#include "cli/version.hpp"
#include "runtime/artefact.hpp"
#include "store/names.hpp"

#include <spdlog/spdlog.h>

#include <optional>
#include <set>

namespace lp::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// What --precision asks to store; the source's own where it does not say.
DType precision_to_store(const Settings& settings, const Model& model) {
  const std::string asked = lower(settings.text("precision"));
  if (asked == "auto")
    return model.stored == DType::f16 || model.stored == DType::bf16 || model.stored == DType::i8
               ? model.stored
               : DType::f32;
  const std::optional<DType> type = parse_dtype(asked);
  if (!type)
    fail(Fault::usage, "--precision: no precision `{}`; convert stores f32, f16, bf16 or int8", asked);
  if (*type != DType::f32 && *type != DType::f16 && *type != DType::bf16 && *type != DType::i8)
    fail(Fault::unsupported, "--precision: this version stores f32, f16, bf16 or int8, not {}", asked);
  return *type;
}

/// "model.safetensors" says less than the folder that it lies in.
std::string default_name(const Found& source) {
  if (source.in_store) return source.name;
  std::error_code error;
  const fs::path path = fs::absolute(source.path, error).lexically_normal();
  const std::string name =
      model_name_from(path.stem() == "model" && path.has_parent_path() ? path.parent_path() / "" : path);
  if (!is_model_name(name))
    fail(Fault::usage, "{}: no model can be called after it; give it a name with --name",
         source.path.string());
  return name;
}

/// Weights that the graphs read, each counted once.
std::int64_t count_parameters(const Program& program) {
  std::set<std::string> seen;
  std::int64_t total = 0;
  for (const Graph& graph : program.graphs)
    for (int id = 0; id < graph.size(); ++id)
      if (const Weight* const weight = graph[id].op.as<Weight>();
          weight != nullptr && seen.insert(weight->path).second)
        total += elements(graph[id].shape);
  return total;
}

/// Runtimes of this program that run every node of the model.
std::vector<std::string> runtimes_for(const Program& program) {
  std::vector<std::string> names;
  for (const Backend* backend : backends()) {
    bool all = true;
    for (const Graph& graph : program.graphs)
      for (int id = 0; all && id < graph.size(); ++id) all = backend->supports(graph, id).ok;
    if (all) names.emplace_back(backend->name());
  }
  return names;
}

json source_of(const Store& store, const Found& source) {
  if (source.in_store) return store.manifest(source.name).source;
  std::error_code error;
  return {{"uri", fmt::format("file://{}", fs::absolute(source.path, error).lexically_normal().string())},
          {"revision", nullptr},
          {"sha256", sha256_of_file(source.path)}};
}

/// Other precisions of a model stay when one is replaced from another source.
void warn_of_others(const Manifest& before, const json& origin, const Artefact& replaced) {
  if (before.source.value("sha256", json()) == origin.value("sha256", json())) return;
  for (const Artefact& other : before.formats)
    if (other.format != replaced.format || !same_precision(other.precision, replaced.precision))
      spdlog::warn("{}: {} {} stays as it is, made from another source", before.model_id, other.format,
                   other.precision);
}

int run(const Invocation& invocation) {
  const Settings& settings = invocation.settings;
  if (settings.text("to") != "gguf")
    fail(Fault::unsupported, "--to {}: this version writes gguf", settings.text("to"));
  const Store store = open_store(settings);
  const Found source = find_model(store, invocation.arguments.front(), "auto");
  const std::string name = settings.has("name") ? settings.text("name") : default_name(source);
  check_model_name(name);

  const auto opened = open_model(source.path, name);
  Model model = *opened;
  if (settings.has("size")) model.info.image_size = settings.integer("size");
  std::optional<Manifest> before;
  if (store.contains(name)) before = store.manifest(name);
  if (settings.has("license")) {
    model.info.license = settings.text("license");
  } else if (before && !before->license.empty()) {
    model.info.license = before->license;
  }
  const DType precision = precision_to_store(settings, model);
  std::optional<QuantizedModel> quantized;
  if (precision == DType::i8 && model.stored != DType::i8) {
    quantized = quantize_model(settings, std::make_shared<Model>(model));
    model = *quantized->calibrated.model;
  }
  // Every weight is bound and checked here, so that a wrong checkpoint is refused now and not when it runs.
  const int side = model.info.image_size;
  const Program program = model.family->build(&model.checkpoint, model.info, default_sizes(model.info));
  check_stop();

  std::string folder_name(precision == DType::i8 ? "INT8" : lp::name(precision));
  for (char& c : folder_name) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  Artefact artefact{.format = "gguf",
                    .precision = folder_name,
                    .path = "gguf/" + folder_name + "/model.gguf",
                    .compatible_backends = runtimes_for(build_program(model, default_sizes(model.info))),
                    .recipe = {{"program", fmt::format("llama-pajamas {}", program_version())},
                               {"commit", program_commit()},
                               {"command", "convert"},
                               {"source_precision", lp::name(model.stored)},
                               {"precision", folder_name},
                               {"image_size", side},
                               {"format_version", artefact_version}}};
  if (quantized) artefact.more = {{"calibration", quantized->calibration}, {"parity", quantized->parity}};
  const json origin = source_of(store, source);
  const Manifest about{.model_id = name,
                       .task = model.info.task,
                       .architecture = {{"family", model.info.family},
                                        {"variant", model.info.variant},
                                        {"params_total", count_parameters(program)},
                                        {"image_size", side},
                                        {"max_tokens", model.info.max_tokens},
                                        {"config", model.info.config}},
                       .labels = model.info.labels,
                       .license = model.info.license,
                       .source = origin};
  store.check_addable(name, about);
  if (before) warn_of_others(*before, origin, artefact);
  const Staging staging = store.stage(name);
  const fs::path staged = staging.folder() / artefact.path;
  write_artefact(staged, model, precision);
  check_stop();
  artefact.files = {{artefact.path, fs::file_size(staged), sha256_of_file(staged)}};
  store.add(name, about, artefact, staging);

  const fs::path path = store.folder(name) / artefact.path;
  const std::uint64_t size = artefact.files.front().size;
  if (invocation.json()) {
    print_json({{"model", name},
                {"task", about.task},
                {"family", model.info.family},
                {"variant", model.info.variant},
                {"params_total", about.architecture["params_total"]},
                {"format", artefact.format},
                {"precision", artefact.precision},
                {"path", path.string()},
                {"size", size},
                {"sha256", artefact.files.front().sha256},
                {"compatible_backends", artefact.compatible_backends}});
  } else {
    print(fmt::format("{}: {} {}, {:.1f} M parameters, {} {}, {}\n", name, plain(model.info.family),
                      plain(model.info.variant), about.architecture["params_total"].get<double>() * 1e-6,
                      artefact.format, artefact.precision, human_size(static_cast<double>(size))));
    print(plain(path.string()) + "\n");
  }
  if (model.info.license.empty())
    spdlog::warn("{}: the source does not say under which licence its weights are; --license TEXT notes it",
                 name);
  return 0;
}

}  // namespace

Command convert_command() {
  return {.name = "convert",
          .summary = "take a model from where it was published into the store",
          .arguments = "SOURCE",
          .options = {"to", "name", "license", "size", "calibrate"},
          .least_arguments = 1,
          .most_arguments = 1,
          .run = run};
}

}  // namespace lp::cli
