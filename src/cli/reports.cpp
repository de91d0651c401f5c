#include "cli/reports.hpp"

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "cli/stop.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

namespace lp::cli {
namespace {

using nlohmann::json;

/// Digests of the files that an artefact was calibrated on.
std::set<std::string> calibrated_on(const Store& store, const Found& found, const LoadedModel& model) {
  if (!found.in_store) return {};
  std::set<std::string> digests;
  for (const Artefact& artefact : store.manifest(found.name).formats) {
    const bool same =
        artefact.format == "gguf" && same_precision(artefact.precision, name(model.model->stored));
    if (!same || !artefact.more.contains("calibration")) continue;
    for (const json& digest : artefact.more["calibration"].value("files", json::array()))
      if (digest.is_string()) digests.insert(digest.get<std::string>());
  }
  return digests;
}

}  // namespace

LoadedModel load_original(const Settings& settings, const Store& store, const std::string& asked,
                          std::string_view option) {
  const Found found = find_model(store, asked, "f32");
  LoadedModel original{
      .model = open_model(found.path, found.name), .placement = {}, .weights = nullptr, .lane = nullptr};
  if (original.model->stored == DType::i8)
    fail(Fault::not_found, "{}: there is only an INT8 of it; name another one with --{} MODEL", asked,
         option);
  original.placement = choose_placement(*original.model, settings.text("runtime"), "f32");
  original.weights = original.placement.backend->weights(original.model->checkpoint);
  original.lane = std::make_shared<Lane>(settings.integer("threads"));
  return original;
}

std::vector<std::string> digests_of(const std::vector<std::string>& files) {
  std::vector<std::string> digests;
  for (const std::string& file : files) {
    check_stop();
    digests.push_back(sha256_of_file(file));
  }
  return digests;
}

std::string sum_of(std::vector<std::string> digests) {
  std::ranges::sort(digests);
  Sha256 sum;
  for (const std::string& digest : digests) sum.add(std::as_bytes(std::span(digest)));
  return sum.finish();
}

void check_unseen(const Store& store, const Found& found, const LoadedModel& model,
                  const std::vector<std::string>& files, const std::vector<std::string>& digests) {
  const std::set<std::string> seen = calibrated_on(store, found, model);
  for (std::size_t i = 0; i < files.size(); ++i)
    if (seen.contains(digests[i]))
      fail(Fault::bad_input, "{}: the model was calibrated on it; evaluate on what it has not seen",
           files[i]);
}

void keep_report(const Store& store, const Found& found, const json& report) {
  if (!found.in_store) return;
  const auto is_evaluated = [&](const Artefact& artefact) {
    return artefact.format == "gguf" && store.artefact_path(found.name, artefact) == found.path;
  };
  try {
    store.change_artefact(found.name, is_evaluated, [&](Artefact& artefact) {
      json kept = json::array();
      for (const json& other : artefact.more.value("evaluations", json::array()))
        if (other.value("data", json()) != report["data"] ||
            other.value("options", json()) != report["options"])
          kept.push_back(other);
      kept.push_back(report);
      constexpr std::size_t most = 32;
      if (kept.size() > most) kept.erase(kept.begin());
      artefact.more["evaluations"] = kept;
    });
  } catch (const Error& error) {  // what was measured is on the screen; a store may be read only
    spdlog::warn("the report is not kept: {}", error.what());
  }
}

}  // namespace lp::cli
