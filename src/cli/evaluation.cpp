#include "cli/evaluation.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/inputs.hpp"
#include "cli/output.hpp"
#include "cli/pictures.hpp"
#include "cli/reports.hpp"
#include "cli/stop.hpp"
#include "tasks/comparison.hpp"
#include "tasks/detector.hpp"
#include "tasks/labels.hpp"

#include <array>
#include <filesystem>
#include <span>

namespace lp::cli {
namespace {

using nlohmann::json;

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 1> text_endings = {".txt"};

/// What the folder `truth` says is in a picture, if it has a label file of the picture's name.
std::optional<Truth> truth_of(const fs::path& truth, const std::string& picture, const Image& image,
                              const ModelInfo& info) {
  const fs::path file = truth / fs::path(picture).filename().replace_extension(".txt");
  if (truth.empty() || !fs::is_regular_file(file)) return {};
  const std::string text = read_text(file);
  Truth found;
  if (finds_boxes(info.task))
    found.detections = read_yolo_labels(text, file.string(), static_cast<int>(info.labels.size()),
                                        image.full_width, image.full_height);
  else
    found.class_id = read_class_label(text, file.string(), info.labels);
  return found;
}

json rounded_all(const Metrics& metrics) {
  json all = json::object();
  for (const auto& [metric, value] : metrics) all[metric] = rounded(value, 6);
  return all;
}

Accuracy measure(const EvaluationPlan& plan, const LoadedModel& model, const LoadedModel& original,
                 const std::vector<std::string>& files, bool quiet) {
  if (plan.data == EvaluationData::texts) {
    std::vector<std::string> texts;
    for (const std::string& file : files)
      for (std::string& line : lines_of(read_text(file))) texts.push_back(std::move(line));
    Progress progress(!quiet, texts.size());
    return compare_on_texts(model, original, texts, [&] {
      check_stop();
      progress.step("texts");
    });
  }
  if (!plan.truth.empty() && model.model->info.labels.empty())
    fail(Fault::usage, "--truth: {} has no classes that labels could name", model.model->name);
  if (!plan.truth.empty() && !fs::is_directory(plan.truth))
    fail(Fault::not_found, "--truth {}: no such folder", plan.truth);
  const std::unique_ptr<Comparison> comparison =
      compare_on_pictures({.confidence = static_cast<float>(plan.confidence),
                           .iou = static_cast<float>(plan.iou),
                           .side = plan.size},
                          model, original);
  Progress progress(!quiet, files.size());
  for (const std::string& file : files) {
    check_stop();
    progress.step(plain(file));
    const Image image = read_picture(file);
    comparison->add(image, truth_of(plan.truth, file, image, model.model->info));
  }
  const Accuracy accuracy = comparison->accuracy();
  if (!plan.truth.empty() && accuracy.labelled == 0)
    fail(Fault::not_found, "--truth {}: no file NAME.txt for any of these pictures NAME", plan.truth);
  return accuracy;
}

}  // namespace

std::vector<std::string> evaluation_files(EvaluationData data, const std::vector<std::string>& inputs) {
  std::vector<std::pair<std::string, std::string>> missing;
  const auto endings = data == EvaluationData::texts ? std::span<const std::string_view>(text_endings)
                                                     : std::span<const std::string_view>(picture_endings);
  std::vector<std::string> files = expand_inputs(inputs, endings, missing);
  if (!missing.empty()) fail(Fault::not_found, "{}", missing.front().second);
  return files;
}

json evaluate(const Settings& settings, const Store& store, const Found& found, const EvaluationPlan& plan,
              const std::vector<std::string>& files) {
  const LoadedModel model = load_model(settings, found);
  const LoadedModel original = load_original(settings, store, plan.original);
  const std::vector<std::string> digests = digests_of(files);
  check_unseen(store, found, model, files, digests);
  const Accuracy accuracy = measure(plan, model, original, files, settings.flag("quiet"));
  json report = answer_head(model);
  report["kind"] = plan.data == EvaluationData::texts ? "text" : "vision";
  report["against"] = answer_head(original);
  report["data"] = {{"items", files.size()}, {"sha256", sum_of(digests)}};
  report["options"] = {{"original", plan.original}, {"size", plan.size}};
  if (finds_boxes(model.model->info.task)) {
    report["options"]["confidence"] = plan.confidence;
    report["options"]["iou"] = plan.iou;
  }
  report["metrics"] = rounded_all(accuracy.metrics);
  if (accuracy.labelled > 0)
    report["labelled"] = {{"items", accuracy.labelled},
                          {"model", rounded_all(accuracy.model)},
                          {"original", rounded_all(accuracy.original)}};
  return report;
}

}  // namespace lp::cli
