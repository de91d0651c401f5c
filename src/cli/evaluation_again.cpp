#include "cli/evaluation_again.hpp"

#include "base/text.hpp"
#include "cli/evaluation.hpp"
#include "cli/reports.hpp"
#include "cli/speech_evaluation.hpp"
#include "cli/voice_evaluation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

namespace lp::cli {
namespace {

using nlohmann::json;

/// The data that reports may have been made on; read when the first report of its kind asks.
class Data {
 public:
  explicit Data(const std::vector<std::string>& inputs) : inputs_(inputs) {}

  /// Files and their digest.
  const std::pair<std::vector<std::string>, std::string>& files(EvaluationData kind) {
    auto& [files, digest] = files_[kind];
    if (digest.empty()) {
      files = evaluation_files(kind, inputs_);
      digest = sum_of(digests_of(files));
    }
    return files_[kind];
  }
  const std::pair<SpokenData, std::string>& spoken() {
    if (!spoken_) {
      SpokenData data = read_spoken_data(inputs_);
      const std::string digest = digests_of(data).all;
      spoken_ = {std::move(data), digest};
    }
    return *spoken_;
  }

 private:
  std::vector<std::string> inputs_;
  std::map<EvaluationData, std::pair<std::vector<std::string>, std::string>> files_;
  std::optional<std::pair<SpokenData, std::string>> spoken_;
};

/// Whether this run computes in the precision of the report.
bool same_precision_now(const Settings& settings, const Found& found, const json& report) {
  const Placement placement = choose_placement(*open_model(found.path, found.name), settings.text("runtime"),
                                               lower(settings.text("precision")));
  return report.at("precision") == precision_name(placement.precision);
}

/// The report made again; nothing if it was made on other data, or in a precision that this run has not.
std::optional<json> again(const Settings& settings, const Store& store, const Found& found,
                          const json& report, Data& data) {
  const json& options = report.at("options");
  const std::string digest = report.at("data").at("sha256");
  if (report.at("kind") == "tts") {
    const auto& [files, sum] = data.files(EvaluationData::texts);
    if (sum != digest || !same_precision_now(settings, found, report)) return {};
    return evaluate_voice(settings, store, found, voice_plan_of(options), files);
  }
  if (report.at("kind") == "stt") {
    if (data.spoken().second != digest || !same_precision_now(settings, found, report)) return {};
    return evaluate_speech(settings, store, found, plan_of(options), data.spoken().first);
  }
  const EvaluationPlan plan{
      .data = report.at("kind") == "text" ? EvaluationData::texts : EvaluationData::pictures,
      .original = options.at("original"),
      .confidence = options.value("confidence", 0.25),
      .iou = options.value("iou", 0.7),
      .size = options.at("size"),
      .truth = {}};
  const auto& [files, sum] = data.files(plan.data);
  if (sum != digest) return {};
  return evaluate(settings, store, found, plan, files);
}

/// How far a figure may be from the one in the report: processors round 8-bit sums differently, and a word is
/// a word.
double tolerance(const json& report) {
  constexpr double same = 0.005;
  if (!report.contains("words")) return same;
  return std::max(same, 1 / report.at("words").at("reference").get<double>());
}

}  // namespace

std::vector<std::string> evaluate_again(const Settings& settings, const Store& store, const std::string& name,
                                        const Artefact& artefact, const std::vector<std::string>& inputs,
                                        std::size_t& measured) {
  std::vector<std::string> wrong;
  if (!artefact.more.contains("evaluations")) return wrong;
  Data data(inputs);
  for (const json& report : artefact.more["evaluations"]) {
    const char* const other = report.at("kind") == "tts" ? "listener" : "original";
    if (!store.contains(report.at("options").at(other).get<std::string>())) continue;
    const Found found{.name = name, .path = store.artefact_path(name, artefact), .in_store = true};
    const std::optional<json> now = again(settings, store, found, report, data);
    if (!now) continue;
    ++measured;
    for (const auto& [metric, before] : report.at("metrics").items()) {
      const double value = now->value("metrics", json::object()).value(metric, 0.0);
      if (std::fabs(value - before.get<double>()) > tolerance(report))
        wrong.push_back(fmt::format("{} {}: {} is {} now, {} in the report of the manifest", name,
                                    artefact.precision, metric, value, before.get<double>()));
    }
  }
  return wrong;
}

}  // namespace lp::cli
