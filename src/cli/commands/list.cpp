#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/model_choice.hpp"
#include "cli/output.hpp"

#include <spdlog/spdlog.h>

namespace lp::cli {
namespace {

using nlohmann::json;

std::uint64_t size_of(const Artefact& artefact) {
  std::uint64_t total = 0;
  for (const StoredFile& file : artefact.files) total += file.size;
  return total;
}

int run(const Invocation& invocation) {
  const Store store = open_store(invocation.settings);
  json models = json::array();
  std::vector<std::vector<std::string>> cells = {{"NAME", "TASK", "FAMILY", "FORMATS", "SIZE", "LICENCE"}};
  std::vector<std::string> failed;
  for (const std::string& name : store.names()) {
    try {
      const Manifest manifest = store.manifest(name);
      json formats = json::array();
      std::string names;
      std::uint64_t total = 0;
      for (const Artefact& artefact : manifest.formats) {
        const std::uint64_t size = size_of(artefact);
        formats.push_back({{"format", artefact.format}, {"precision", artefact.precision}, {"size", size}});
        names += (names.empty() ? "" : ", ") + artefact.format + " " + artefact.precision;
        total += size;
      }
      const std::string family = architecture_text(manifest, "family"),
                        variant = architecture_text(manifest, "variant");
      models.push_back({{"name", name},
                        {"task", manifest.task},
                        {"family", family},
                        {"variant", variant},
                        {"license", manifest.license},
                        {"source", manifest.source.value("uri", json())},
                        {"formats", formats},
                        {"size", total}});
      cells.push_back({name, manifest.task, family + (variant.empty() ? "" : " " + variant), names,
                       human_size(static_cast<double>(total)), manifest.license});
    } catch (const std::exception& error) {  // one broken model must not hide the others
      failed.push_back(name);
      models.push_back({{"name", name}, {"error", error.what()}});
      spdlog::error("{}", error.what());
    }
  }
  if (invocation.json()) {
    json answer = {{"home", store.home().string()}, {"models", models}};
    if (!failed.empty())
      answer["error"] = {{"type", lp::name(Fault::bad_model)},
                         {"message", fmt::format("{} of {} models cannot be read: {}", failed.size(),
                                                 models.size(), listed(failed))}};
    print_json(answer);
  } else if (cells.size() > 1) {
    print(table(cells, {4}));
  } else if (failed.empty()) {
    print(fmt::format("No models in {}. Add one: llama-pajamas pull SOURCE, or convert FILE\n",
                      plain(store.home().string())));
  }
  return failed.empty() ? 0 : 1;
}

}  // namespace

Command list_command() {
  return {.name = "list", .summary = "list the models of the store", .run = run};
}

}  // namespace lp::cli
