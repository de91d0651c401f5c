#include "cli/evaluation_again.hpp"

#include "cli/evaluation.hpp"
#include "cli/reports.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>

namespace lp::cli {

using nlohmann::json;

std::vector<std::string> evaluate_again(const Settings& settings, const Store& store, const std::string& name,
                                        const Artefact& artefact, const std::vector<std::string>& inputs,
                                        std::size_t& measured) {
  constexpr double same = 0.005;
  std::vector<std::string> wrong;
  if (!artefact.more.contains("evaluations")) return wrong;
  std::map<EvaluationData, std::pair<std::vector<std::string>, std::string>> data;  // files and their digest
  for (const json& report : artefact.more["evaluations"]) {
    const bool texts = report.at("kind") == "text";
    const json& options = report.at("options");
    if (!store.contains(options.at("original").get<std::string>())) continue;
    const EvaluationPlan plan{.data = texts ? EvaluationData::texts : EvaluationData::pictures,
                              .original = options.at("original"),
                              .confidence = options.value("confidence", 0.25),
                              .iou = options.value("iou", 0.7),
                              .size = options.at("size"),
                              .truth = {}};
    auto& [files, digest] = data[plan.data];
    if (digest.empty()) {
      files = evaluation_files(plan.data, inputs);
      digest = sum_of(digests_of(files));
    }
    if (report.at("data").at("sha256") != digest) continue;
    ++measured;
    const Found found{.name = name, .path = store.artefact_path(name, artefact), .in_store = true};
    const json again = evaluate(settings, store, found, plan, files);
    for (const auto& [metric, value] : report.at("metrics").items()) {
      const double now = again["metrics"].value(metric, 0.0);
      if (std::fabs(now - value.get<double>()) > same)
        wrong.push_back(fmt::format("{} {}: {} is {} now, {} in the report of the manifest", name,
                                    artefact.precision, metric, now, value.get<double>()));
    }
  }
  return wrong;
}

}  // namespace lp::cli
