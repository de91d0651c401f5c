#include "base/error.hpp"
#include "base/sha256.hpp"
#include "cli/command.hpp"
#include "cli/inputs.hpp"
#include "cli/model_choice.hpp"
#include "cli/output.hpp"
#include "cli/pictures.hpp"
#include "cli/stop.hpp"
#include "tasks/answer_error.hpp"
#include "tasks/average_precision.hpp"
#include "tasks/detector.hpp"
#include "tasks/image_encoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace lp::cli {
namespace {

using nlohmann::json;

/// What is left of a model's answers in another precision: how near they are to the original's.
class Comparison {
 public:
  virtual ~Comparison() = default;
  virtual void add(const Image& image) = 0;
  /// {"name": value}
  virtual json metrics() const = 0;
};

class DetectionComparison final : public Comparison {
 public:
  DetectionComparison(const Settings& settings, const LoadedModel& model, const LoadedModel& original)
      : model_(model, side(settings), false),
        original_(original, side(settings), false),
        expected_{.confidence = static_cast<float>(settings.number("confidence")),
                  .iou = static_cast<float>(settings.number("iou"))},
        found_(expected_) {
    // A curve needs the weak ones, too. Source of the limit: Ultralytics 8.4.190, `val`.
    found_.confidence = 0.001F;
  }

  void add(const Image& image) override {
    pictures_.push_back(
        {model_.detect(image, found_).detections, original_.detect(image, expected_).detections});
  }

  json metrics() const override {
    std::size_t boxes = 0;
    for (const DetectionPair& picture : pictures_) boxes += picture.expected.size();
    if (boxes == 0) fail(Fault::bad_input, "the original finds nothing in these pictures to compare with");
    return {{"map50", rounded(average_precision(pictures_, 0.5), 6)},
            {"map50_95", rounded(mean_average_precision(pictures_), 6)},
            {"boxes", boxes}};
  }

 private:
  static int side(const Settings& settings) { return settings.has("size") ? settings.integer("size") : 0; }

  Detector model_, original_;
  DetectOptions expected_, found_;
  std::vector<DetectionPair> pictures_;
};

class EncoderComparison final : public Comparison {
 public:
  EncoderComparison(const Settings& settings, const LoadedModel& model, const LoadedModel& original)
      : model_(model, settings.has("size") ? settings.integer("size") : 0),
        original_(original, settings.has("size") ? settings.integer("size") : 0) {}

  void add(const Image& image) override {
    const Outputs found = model_.encode(image).outputs, expected = original_.encode(image).outputs;
    cosines_.push_back(cosine(found.at("embedding"), expected.at("embedding")));
    if (!expected.contains("logits")) return;
    const auto best = [](const std::vector<float>& x) {
      return std::max_element(x.begin(), x.end()) - x.begin();
    };
    same_ += best(found.at("logits")) == best(expected.at("logits")) ? 1 : 0;
    classifies_ = true;
  }

  json metrics() const override {
    double sum = 0;
    for (const double value : cosines_) sum += value;
    const auto count = static_cast<double>(cosines_.size());
    json all = {{"cosine", rounded(sum / count, 6)},
                {"least_cosine", rounded(*std::min_element(cosines_.begin(), cosines_.end()), 6)}};
    if (classifies_) all["top1"] = rounded(same_ / count, 6);
    return all;
  }

 private:
  ImageEncoder model_, original_;
  std::vector<double> cosines_;
  double same_ = 0;
  bool classifies_ = false;
};

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

LoadedModel load_original(const Settings& settings, const Store& store) {
  const std::string asked = settings.has("original") ? settings.text("original") : settings.text("model");
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

std::unique_ptr<Comparison> compare(const Settings& settings, const LoadedModel& model,
                                    const LoadedModel& original) {
  if (model.model->info.task == "detect")
    return std::make_unique<DetectionComparison>(settings, model, original);
  return std::make_unique<EncoderComparison>(settings, model, original);
}

int run(const Invocation& invocation) {
  const Settings& settings = invocation.settings;
  if (invocation.arguments.front() != "vision")
    fail(Fault::usage, "evaluate {}: this version evaluates vision", invocation.arguments.front());
  if (!settings.has("model")) fail(Fault::usage, "evaluate: name the model with --model");
  std::vector<std::pair<std::string, std::string>> missing;
  const std::vector<std::string> files =
      expand_inputs(std::span(invocation.arguments).subspan(1), picture_endings, missing);
  if (!missing.empty()) fail(Fault::not_found, "{}", missing.front().second);
  const Store store = open_store(settings);
  const Found found = find_model(store, settings.text("model"), settings.text("precision"));
  const LoadedModel model = load_model(settings, found), original = load_original(settings, store);
  const std::set<std::string> seen = calibrated_on(store, found, model);
  const std::unique_ptr<Comparison> comparison = compare(settings, model, original);
  Progress progress(!settings.flag("quiet"), files.size());
  Sha256 sum;
  for (const std::string& file : files) {
    check_stop();
    progress.step(plain(file));
    const std::string digest = sha256_of_file(file);
    if (seen.contains(digest))
      fail(Fault::bad_input, "{}: the model was calibrated on it; evaluate on pictures that it has not seen",
           file);
    sum.add(std::as_bytes(std::span(digest)));
    comparison->add(read_picture(file));
  }
  progress.clear();
  json answer = answer_head(model);
  answer["against"] = answer_head(original);
  answer["data"] = {{"items", files.size()}, {"sha256", sum.finish()}};
  answer["metrics"] = comparison->metrics();
  if (invocation.json()) {
    print_json(answer);
    return 0;
  }
  print(fmt::format("{} in {} against {} in {}, {} pictures\n", plain(model.model->name),
                    answer["precision"].get<std::string>(), plain(original.model->name),
                    answer["against"]["precision"].get<std::string>(), files.size()));
  for (const auto& [metric, value] : answer["metrics"].items())
    print(fmt::format("{:<14} {}\n", metric, value.dump()));
  return 0;
}

}  // namespace

Command evaluate_command() {
  return {.name = "evaluate",
          .summary = "how much of a model's accuracy a precision keeps, against the original",
          .arguments = "vision INPUT...",
          .options = {"model", "original", "confidence", "iou", "size"},
          .least_arguments = 2,
          .most_arguments = any_number,
          .run = run};
}

}  // namespace lp::cli
