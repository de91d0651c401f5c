#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/model_choice.hpp"
#include "cli/output.hpp"
#include "cli/profile.hpp"
#include "ir/text.hpp"
#include "quantize/levels.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace lp::cli {
namespace {

using nlohmann::json;

struct OpUse {
  int count = 0, refused = 0;
  double gflop = 0;
  std::set<std::string> why_not;
};

/// "hf://a/b at commit c, sha256 d": where the model came from, and what tells that it is that.
std::string source_text(const json& source) {
  const auto part = [&](const char* key) {
    return source.contains(key) && source[key].is_string() ? source[key].get<std::string>() : "";
  };
  std::string text = part("uri").empty() ? "not known" : part("uri");
  if (!part("revision").empty()) text += " at " + part("revision");
  if (!part("sha256").empty()) text += ", sha256 " + part("sha256");
  if (source.contains("checked"))
    text += part("checked").empty() ? ", which its publisher does not state" : ", as its publisher states";
  return text;
}

/// Whether a stored file looks as the manifest says; its digest is `verify`'s work.
std::string state_of(const Store& store, const std::string& name, const StoredFile& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(store.folder(name) / file.path, error);
  if (error) return "missing";
  return size == file.size ? "there" : "of another size";
}

/// The manifest, and with each file whether it is there.
json manifest_json(const Store& store, const std::string& name) {
  const Manifest manifest = store.manifest(name);
  json document = to_json(manifest);
  for (std::size_t i = 0; i < manifest.formats.size(); ++i)
    for (std::size_t j = 0; j < manifest.formats[i].files.size(); ++j)
      document["formats"][i]["files"][j]["state"] = state_of(store, name, manifest.formats[i].files[j]);
  return document;
}

/// How often each op stands in the graphs, and whether the runtime takes it.
std::map<std::string, OpUse> uses(const Program& program, const Backend& backend) {
  std::map<std::string, OpUse> by_op;
  for (const Graph& graph : program.graphs) {
    for (int id = 0; id < graph.size(); ++id) {
      const Op& op = graph[id].op;
      if (graph[id].given()) continue;
      OpUse& use = by_op[std::string(op.name())];
      ++use.count;
      use.gflop += graph.flops(id) * 1e-9;
      if (const Support support = backend.supports(graph, id); !support) {
        ++use.refused;
        use.why_not.insert(support.why);
      }
    }
  }
  return by_op;
}

/// The part of all multiply-adds that is done with 8-bit numbers.
double int8_share(const Program& program, const Model& model) {
  const auto quantized = quantized_weights(model.checkpoint);
  double all = 0, int8 = 0;
  for (const Graph& graph : program.graphs) {
    for (int id = 0; id < graph.size(); ++id) all += graph.flops(id);
    for (const QuantizableLayer& layer : quantizable_layers(graph))
      if (quantized.contains(layer.weight)) int8 += layer.flops;
  }
  return all > 0 ? int8 / all : 0;
}

json model_json(const Model& model, const Found& found) {
  json tensors = 0;
  std::uint64_t bytes = 0;
  for (const auto& [path, tensor] : model.checkpoint.tensors) bytes += tensor.data.size();
  tensors = model.checkpoint.tensors.size();
  return {{"model", model.name},
          {"path", found.path.string()},
          {"task", model.info.task},
          {"family", model.info.family},
          {"variant", model.info.variant},
          {"image_size", model.info.image_size},
          {"max_tokens", model.info.max_tokens},
          {"license", model.info.license},
          {"labels", model.info.labels},
          {"stored_precision", precision_name(model.stored)},
          {"tensors", tensors},
          {"weight_bytes", bytes},
          {"format_version", model.format_version}};
}

std::string line(const std::string& key, const std::string& value) {
  return fmt::format("{:<12} {}\n", key, plain(value));
}

std::string about_source(const json& manifest) {
  std::string text = line("source", source_text(manifest["source"]));
  for (const json& format : manifest["formats"])
    for (const json& file : format["files"])
      text +=
          line("stored", fmt::format("{} {}, {}, sha256 {}", file["path"].get<std::string>(),
                                     human_size(file["size"].get<double>()), file["state"].get<std::string>(),
                                     file["sha256"].get<std::string>()));
  return text;
}

std::string about_licence_and_labels(const json& all) {
  const auto licence = all["license"].get<std::string>();
  std::string text = line("licence", licence.empty() ? "not known" : licence);
  if (!all["labels"].empty())
    text += line("labels", fmt::format("{}: {}", all["labels"].size(),
                                       fmt::join(all["labels"].get<std::vector<std::string>>(), ", ")));
  return text;
}

std::string report(const json& all) {
  std::string text;
  const auto line = [&](const std::string& key, const std::string& value) { text += cli::line(key, value); };
  line("model", all["model"].get<std::string>());
  line("file", all["path"].get<std::string>());
  line("task", all["task"].get<std::string>());
  line("family", all["family"].get<std::string>() + " " + all["variant"].get<std::string>());
  const int pixels = all["image_size"].get<int>(), tokens = all["max_tokens"].get<int>();
  if (pixels > 0) line("input", fmt::format("{0} x {0} pixels", pixels));
  if (tokens > 0) line("input", fmt::format("up to {} tokens", tokens));
  line("weights", fmt::format("{} tensors, {}, {}", all["tensors"].get<int>(),
                              all["stored_precision"].get<std::string>(),
                              human_size(all["weight_bytes"].get<double>())));
  text += about_licence_and_labels(all);
  if (all.contains("manifest")) text += about_source(all["manifest"]);
  const json& placement = all["placement"];
  line("runs on",
       fmt::format("{} on {} in {}: {}", placement["runtime"].get<std::string>(),
                   placement["device"].get<std::string>(), placement["precision"].get<std::string>(),
                   placement["why"].get<std::string>()));
  line("precisions", placement["policy"].get<std::string>());
  line("work", fmt::format("{:.3f} GFLOP a run", all["gflop"].get<double>()));
  if (all.contains("int8_share"))
    line("int8", fmt::format("{:.1f} % of the multiply-adds", 100 * all["int8_share"].get<double>()));
  std::vector<std::vector<std::string>> rows = {{"OP", "COUNT", "GFLOP", "RUNS ON", "WHY NOT"}};
  for (const json& op : all["ops"]) {
    const int refused = op["refused"].get<int>(), count = op["count"].get<int>();
    rows.push_back({op["op"].get<std::string>(), std::to_string(count),
                    fmt::format("{:.3f}", op["gflop"].get<double>()),
                    refused == 0 ? placement["runtime"].get<std::string>()
                                 : fmt::format("{} of {} refused", refused, count),
                    fmt::format("{}", fmt::join(op["why_not"].get<std::vector<std::string>>(), "; "))});
  }
  return text + "\n" + table(rows, {1, 2});
}

bool has_gguf(const Manifest& manifest) {
  return std::ranges::any_of(manifest.formats,
                             [](const Artefact& artefact) { return artefact.format == "gguf"; });
}

/// A model that is stored for other machines' runtimes alone.
int show_packages(const Invocation& invocation, const Store& store, const std::string& name) {
  const Manifest manifest = store.manifest(name);
  const json all = {{"model", name},
                    {"task", manifest.task},
                    {"family", architecture_text(manifest, "family")},
                    {"variant", architecture_text(manifest, "variant")},
                    {"license", manifest.license},
                    {"labels", manifest.labels},
                    {"manifest", manifest_json(store, name)}};
  if (invocation.json()) {
    print_json(all);
    return 0;
  }
  std::set<std::string> formats;
  for (const Artefact& artefact : manifest.formats) formats.insert(artefact.format);
  print(line("model", name) + line("task", manifest.task) +
        line("family", all["family"].get<std::string>() + " " + all["variant"].get<std::string>()) +
        about_licence_and_labels(all) + about_source(all["manifest"]) +
        line("runs on",
             fmt::format("no runtime of this program: it is stored as {} alone", fmt::join(formats, ", "))));
  return 0;
}

int run(const Invocation& invocation) {
  const Settings& settings = invocation.settings;
  check_device(settings);
  const Store store = open_store(settings);
  const std::string& asked = invocation.arguments.front();
  if (store.contains(asked) && !has_gguf(store.manifest(asked)))
    return show_packages(invocation, store, asked);
  const Found found = find_model(store, asked, settings.text("precision"));
  const auto model = open_model(found.path, found.name);
  const Placement placement =
      choose_placement(*model, settings.text("runtime"), lower(settings.text("precision")));
  const BuildOptions sizes = default_sizes(model->info, settings.has("size") ? settings.integer("size") : 0);
  Program program = build_program(*model, sizes);
  for (Graph& graph : program.graphs) graph = placed_graph(*model, std::move(graph), placement);
  json all = model_json(*model, found);
  if (model->info.image_size > 0) all["image_size"] = sizes.image_width;
  all["placement"] = {{"runtime", placement.backend->name()},
                      {"device", device_name},
                      {"precision", precision_name(placement.precision)},
                      {"why", placement.why},
                      {"policy", policy_of(*model, placement).text()}};
  all["ops"] = json::array();
  double gflop = 0;
  for (const auto& [op, use] : uses(program, *placement.backend)) {
    all["ops"].push_back({{"op", op},
                          {"count", use.count},
                          {"gflop", rounded(use.gflop, 6)},
                          {"refused", use.refused},
                          {"why_not", use.why_not}});
    gflop += use.gflop;
  }
  all["gflop"] = rounded(gflop, 6);
  if (placement.precision == DType::i8) all["int8_share"] = rounded(int8_share(program, *model), 4);
  if (found.in_store) all["manifest"] = manifest_json(store, found.name);
  std::string graphs;
  if (settings.flag("graph"))
    for (const Graph& graph : program.graphs) graphs += text(graph);
  if (invocation.json()) {
    if (!graphs.empty()) all["graph"] = graphs;
    print_json(all);
  } else {
    print(report(all) + (graphs.empty() ? "" : "\n" + graphs));
  }
  return 0;
}

}  // namespace

Command show_command() {
  return {.name = "show",
          .summary = "what a model is, what of it runs where, and why not",
          .arguments = "MODEL",
          .options = {"size", "graph"},
          .least_arguments = 1,
          .most_arguments = 1,
          .run = run};
}

}  // namespace lp::cli
