#include "store/verify.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/conversion.hpp"
#include "cli/evaluation_again.hpp"
#include "cli/inputs.hpp"
#include "cli/model_choice.hpp"
#include "cli/output.hpp"
#include "cli/stop.hpp"

#include <spdlog/spdlog.h>

namespace lp::cli {
namespace {

using nlohmann::json;

/// Whether this program can open the artefact; a check that nothing has to pass whose files are wrong
/// already.
void check_use(const Store& store, const std::string& name, ArtefactReport& report) {
  if (report.artefact.format != "gguf" || !report.wrong.empty()) return;
  check_stop();
  try {
    check_opens(store.artefact_path(name, report.artefact), name);
  } catch (const Error& error) {
    if (error.fault() == Fault::io) throw;
    report.wrong.emplace_back(error.what());
  }
}

json artefact_json(const ArtefactReport& report) {
  std::uint64_t size = 0;
  for (const StoredFile& file : report.artefact.files) size += file.size;
  return {{"format", report.artefact.format},
          {"precision", report.artefact.precision},
          {"path", report.artefact.path},
          {"files", report.artefact.files.size()},
          {"size", size},
          {"ok", report.wrong.empty()},
          {"wrong", report.wrong}};
}

/// Measures the reports of the manifest again that were made on --data.
void check_reports(const Settings& settings, const Store& store, const std::string& name,
                   ArtefactReport& report, std::size_t& measured) {
  if (report.artefact.format != "gguf" || !report.wrong.empty() || settings.list("data").empty()) return;
  try {
    const std::vector<std::string> wrong =
        evaluate_again(settings, store, name, report.artefact, settings.list("data"), measured);
    report.wrong.insert(report.wrong.end(), wrong.begin(), wrong.end());
  } catch (const json::exception&) {
    report.wrong.push_back(fmt::format("{}: a report of the manifest has a value of the wrong type", name));
  }
}

/// All that is found out about one model. What is wrong with it is logged as well. @throws Error{io} where
/// the disk and not the model is at fault.
json verify(const Settings& settings, const Store& store, const std::string& name) {
  json artefacts = json::array();
  ModelReport report;
  std::size_t measured = 0;
  try {
    report = compare_files(open_files(store, name), check_stop);
    for (const std::string& sentence : report.wrong) spdlog::error("{}", sentence);
    for (ArtefactReport& artefact : report.artefacts) {
      check_use(store, name, artefact);
      check_reports(settings, store, name, artefact, measured);
      for (const std::string& sentence : artefact.wrong) spdlog::error("{}", sentence);
      artefacts.push_back(artefact_json(artefact));
    }
    for (const std::string& file : report.unlisted)
      spdlog::warn("{}: the manifest does not name this file", (store.folder(name) / file).string());
  } catch (const Error& error) {  // one broken model must not hide the others
    if (error.fault() == Fault::io) throw;
    spdlog::error("{}", error.what());
    return {{"model", name}, {"ok", false}, {"error", error.what()}};
  }
  json found = {{"model", name},
                {"ok", report.first_wrong().empty()},
                {"artefacts", artefacts},
                {"wrong", report.wrong},
                {"unlisted", report.unlisted}};
  if (settings.list("data").empty()) return found;
  found["reports"] = measured;
  if (measured == 0) spdlog::warn("{}: no report of its manifest was made on the --data given", name);
  return found;
}

std::string line_of(const json& model) {
  if (!model["ok"].get<bool>())
    return fmt::format("{}: not as it should be\n", model["model"].get<std::string>());
  std::string parts;
  for (const json& artefact : model["artefacts"])
    parts += fmt::format("{}{} {}", parts.empty() ? "" : ", ", artefact["format"].get<std::string>(),
                         artefact["precision"].get<std::string>());
  const std::string again = model.contains("reports") ? fmt::format("; reports measured again: {}",
                                                                    model["reports"].get<std::size_t>())
                                                      : "";
  return fmt::format("{}: ok ({}{})\n", model["model"].get<std::string>(), plain(parts), again);
}

int run(const Invocation& invocation) {
  const Store store = open_store(invocation.settings);
  const std::vector<std::string> names =
      invocation.arguments.empty() ? store.names() : once_each(invocation.arguments);
  for (const std::string& name : names) store.check_there(name);
  json models = json::array();
  std::vector<std::string> failed;
  for (const std::string& name : names) {
    models.push_back(verify(invocation.settings, store, name));
    if (!models.back()["ok"].get<bool>()) failed.push_back(name);
    if (!invocation.json()) print(line_of(models.back()));
  }
  if (names.empty() && !invocation.json())
    print(fmt::format("No models in {}.\n", plain(store.home().string())));
  if (invocation.json()) {
    json answer = {{"home", store.home().string()}, {"models", models}};
    if (!failed.empty())
      answer["error"] = {{"type", lp::name(Fault::bad_model)},
                         {"message", fmt::format("{} of {} models are not as they should be: {}",
                                                 failed.size(), models.size(), listed(failed))}};
    print_json(answer);
  }
  return failed.empty() ? 0 : 1;
}

}  // namespace

Command verify_command() {
  return {.name = "verify",
          .summary =
              "compare models of the store with their manifests, all without MODEL: files, digests, weights, "
              "and with --data what they were evaluated to",
          .arguments = "[MODEL...]",
          .options = {"data"},
          .most_arguments = any_number,
          .run = run};
}

}  // namespace lp::cli
