#pragma once
#include "base/json.hpp"
#include "base/options.hpp"
#include "cli/model_choice.hpp"
#include "store/store.hpp"

#include <string>
#include <vector>

namespace lp::cli {

/// What a model is evaluated on.
enum class EvaluationData { pictures, texts };

/// How a model of the store, or of a file, is compared with an original one.
struct EvaluationPlan {
  EvaluationData data = EvaluationData::pictures;
  std::string original;            // name or file
  double confidence = 0, iou = 0;  // of the original's boxes
  int size = 0;                    // side in pixels, 0 for the model's own
  std::string truth;               // folder of label files; empty: none
};

/// The files that inputs stand for. @throws Error{not_found}.
std::vector<std::string> evaluation_files(EvaluationData data, const std::vector<std::string>& inputs);

/// Runs both models on the files and gives a report (cli/reports.hpp), with "labelled" where there were
/// labels.
/// @throws Error{bad_input} if the model was calibrated on one of them; as the tasks.
nlohmann::json evaluate(const Settings& settings, const Store& store, const Found& found,
                        const EvaluationPlan& plan, const std::vector<std::string>& files);

}  // namespace lp::cli
