#include "cli/evaluation.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "cli/inputs.hpp"
#include "cli/output.hpp"
#include "cli/pictures.hpp"
#include "cli/stop.hpp"
#include "tasks/comparison.hpp"
#include "tasks/detector.hpp"
#include "tasks/labels.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace lp::cli {
namespace {

using nlohmann::json;

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 1> text_endings = {".txt"};

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

LoadedModel load_original(const Settings& settings, const Store& store, const std::string& asked) {
  const Found found = find_model(store, asked, "f32");
  LoadedModel original{
      .model = open_model(found.path, found.name), .placement = {}, .weights = nullptr, .lane = nullptr};
  if (original.model->stored == DType::i8)
    fail(Fault::not_found, "{}: the original is not in the store; name it with --original MODEL", asked);
  original.placement = choose_placement(*original.model, settings.text("runtime"), "f32");
  original.weights = original.placement.backend->weights(original.model->checkpoint);
  original.lane = std::make_shared<Lane>(settings.integer("threads"));
  return original;
}

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
  const std::set<std::string> seen = calibrated_on(store, found, model);
  const std::vector<std::string> digests = digests_of(files);
  for (std::size_t i = 0; i < files.size(); ++i)
    if (seen.contains(digests[i]))
      fail(Fault::bad_input, "{}: the model was calibrated on it; evaluate on what it has not seen",
           files[i]);
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
