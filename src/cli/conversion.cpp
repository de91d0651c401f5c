#include "cli/conversion.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "cli/calibrate.hpp"
#include "cli/output.hpp"
#include "cli/stop.hpp"
#include "cli/version.hpp"
#include "runtime/artefact.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
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

std::string upper(std::string_view text) {
  std::string changed(text);
  for (char& c : changed) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return changed;
}

void copy_flushed(const fs::path& from, const fs::path& to) {
  const MappedFile source(from);
  FileWriter writer(to);
  constexpr std::size_t part = 16U << 20U;
  for (auto rest = source.bytes(); !rest.empty(); rest = rest.subspan(std::min(part, rest.size()))) {
    check_stop();
    writer.write(rest.first(std::min(part, rest.size())));
  }
  writer.commit();
}

/// Whether the file goes into the store byte for byte.
bool is_kept(const Settings& settings, const Incoming& incoming, const Model& model) {
  return incoming.keep_ours && model.checkpoint.metadata.contains("lp.family") && !settings.has("size") &&
         (lower(settings.text("precision")) == "auto" || precision_to_store(settings, model) == model.stored);
}

}  // namespace

std::string license_of(const Settings& settings, const Incoming& incoming,
                       const std::optional<Manifest>& before, const Model& model) {
  if (settings.has("license")) return settings.text("license");
  if (!incoming.license.empty()) return incoming.license;
  return before && !before->license.empty() ? before->license : model.info.license;
}

Manifest manifest_of(const Incoming& incoming, const Model& model, const Program& program) {
  json source = incoming.source;
  if (!source.contains("sha256")) source["sha256"] = sha256_of_file(incoming.weights);
  return {.model_id = incoming.name,
          .task = model.info.task,
          .architecture = {{"family", model.info.family},
                           {"variant", model.info.variant},
                           {"params_total", count_parameters(program)},
                           {"image_size", model.info.image_size},
                           {"max_tokens", model.info.max_tokens},
                           {"config", model.info.config}},
          .labels = model.info.labels,
          .license = model.info.license,
          .source = source};
}

json answer_of(const Store& store, const Manifest& about, const Artefact& artefact) {
  std::uint64_t size = 0;
  for (const StoredFile& file : artefact.files) size += file.size;
  return {{"model", about.model_id},
          {"task", about.task},
          {"family", about.architecture["family"]},
          {"variant", about.architecture["variant"]},
          {"params_total", about.architecture["params_total"]},
          {"format", artefact.format},
          {"precision", artefact.precision},
          {"path", (store.folder(about.model_id) / artefact.path).string()},
          {"size", size},
          {"license", about.license},
          {"source", about.source},
          {"compatible_backends", artefact.compatible_backends}};
}

void warn_of_others(const Manifest& before, const json& source, const Artefact& replaced) {
  for (const Artefact& other : before.formats)
    if (!same_kind(other, replaced) &&
        text_of(other.recipe.value("source", before.source), "sha256") != text_of(source, "sha256"))
      spdlog::warn("{}: {} {} stays as it is, made from another source", before.model_id, other.format,
                   other.precision);
}

json take_in(const Store& store, const Settings& settings, const Incoming& incoming) {
  const std::string& name = incoming.name;
  const auto opened = open_model(incoming.weights, name);
  Model model = *opened;
  if (settings.has("size")) model.info.image_size = settings.integer("size");
  std::optional<Manifest> before;
  if (store.contains(name)) before = store.manifest(name);
  model.info.license = license_of(settings, incoming, before, model);
  const bool kept = is_kept(settings, incoming, model);
  const DType precision = kept ? model.stored : precision_to_store(settings, model);
  std::optional<QuantizedModel> quantized;
  if (precision == DType::i8 && model.stored != DType::i8) {
    quantized = quantize_model(settings, std::make_shared<Model>(model));
    model = *quantized->calibrated.model;
  }
  // Every weight is bound and checked here, so that a wrong checkpoint is refused now and not when it runs.
  const int side = model.info.image_size;
  const Program program = model.family->build(&model.checkpoint, model.info, default_sizes(model.info));
  check_stop();

  const std::string folder_name = upper(precision_name(precision));
  Artefact artefact{.format = "gguf",
                    .precision = folder_name,
                    .path = "gguf/" + folder_name + "/model.gguf",
                    .compatible_backends = runtimes_for(build_program(model, default_sizes(model.info))),
                    .recipe = {{"program", fmt::format("llama-pajamas {}", program_version())},
                               {"commit", program_commit()},
                               {"command", incoming.command},
                               {"source_precision", precision_name(opened->stored)},
                               {"precision", precision_name(precision)},
                               {"image_size", side},
                               {"format_version", kept ? model.format_version : artefact_version}}};
  if (quantized) artefact.more = {{"calibration", quantized->calibration}, {"parity", quantized->parity}};
  const Manifest about = manifest_of(incoming, model, program);
  artefact.recipe["source"] = about.source;
  store.check_addable(name, about);
  if (before) warn_of_others(*before, about.source, artefact);
  const Staging staging = store.stage(name);
  const fs::path staged = staging.folder() / artefact.path;
  kept ? copy_flushed(incoming.weights, staged) : write_artefact(staged, model, precision);
  check_stop();
  artefact.files = {{artefact.path, fs::file_size(staged), sha256_of_file(staged)}};
  store.add(name, about, std::span(&artefact, 1), staging);
  json answer = answer_of(store, about, artefact);
  answer["sha256"] = artefact.files.front().sha256;
  return answer;
}

void print_taken_in(const Invocation& invocation, const json& answer) {
  const auto text = [&](const char* key) { return answer[key].get<std::string>(); };
  if (invocation.json()) {
    print_json(answer);
  } else {
    print(fmt::format("{}: {} {}, {:.1f} M parameters, {} {}, {}\n", text("model"), plain(text("family")),
                      plain(text("variant")), answer["params_total"].get<double>() * 1e-6, text("format"),
                      text("precision"), human_size(answer["size"].get<double>())));
    print(plain(text("path")) + "\n");
    const json packages = answer.value("packages", json::object());
    for (const auto& [package, about] : packages.items()) {
      int operations = 0;
      for (const auto& [type, count] : about["operations"].items())
        operations += type == "const" ? 0 : count.get<int>();
      print(fmt::format("{}.mlpackage: {} operations, specification {}, needs {}\n", package, operations,
                        about["specification"].get<int>(), about["needs"].get<std::string>()));
    }
  }
  if (text("license").empty())
    spdlog::warn("{}: the source does not say under which licence its weights are; --license TEXT notes it",
                 text("model"));
}

std::shared_ptr<const Model> check_opens(const fs::path& gguf, const std::string& name) {
  const auto model = open_model(gguf, name);
  model->family->build(&model->checkpoint, model->info, default_sizes(model->info));
  return model;
}

}  // namespace lp::cli
