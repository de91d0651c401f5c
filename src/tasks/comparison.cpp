#include "tasks/comparison.hpp"

#include "base/error.hpp"
#include "tasks/answer_error.hpp"
#include "tasks/average_precision.hpp"
#include "tasks/detector.hpp"
#include "tasks/image_encoder.hpp"
#include "tasks/text_encoder.hpp"

#include <algorithm>

namespace lp {
namespace {

class DetectionComparison final : public Comparison {
 public:
  DetectionComparison(const ComparisonOptions& options, const LoadedModel& model, const LoadedModel& original)
      : options_(options),
        model_(model, options.side, false, model.model->info.task),
        original_(original, options.side, false, model.model->info.task) {}

  void add(const Image& image, const std::optional<Truth>& truth) override {
    // A curve needs the weak ones, too. Source of the limit: Ultralytics 8.4.190, `val`.
    const DetectOptions all{.confidence = 0.001F, .iou = options_.iou, .masks = false};
    const std::vector<Detection> found = model_.detect(image, all).detections;
    std::vector<Detection> expected = original_.detect(image, all).detections;
    if (truth) {
      labelled_.push_back({found, truth->detections});
      original_labelled_.push_back({expected, truth->detections});
    }
    std::erase_if(expected, [&](const Detection& one) { return one.confidence <= options_.confidence; });
    boxes_ += expected.size();
    pictures_.push_back({found, expected});
  }

  Accuracy accuracy() const override {
    if (boxes_ == 0 && labelled_.empty())
      fail(Fault::bad_input, "the original finds nothing in these pictures to compare with");
    Accuracy result;
    result.metrics = {{"map50", at_half(pictures_)},
                      {"map50_95", mean_average_precision(pictures_)},
                      {"boxes", static_cast<double>(boxes_)}};
    result.labelled = labelled_.size();
    if (labelled_.empty()) return result;
    result.model = by_class(labelled_);
    result.original = by_class(original_labelled_);
    return result;
  }

 private:
  static double at_half(const std::vector<DetectionPair>& pictures) {
    return average_precision(pictures, 0.5);
  }
  static Metrics by_class(const std::vector<DetectionPair>& pictures) {
    return {{"map50", mean_over_classes(pictures, at_half)},
            {"map50_95", mean_over_classes(pictures, mean_average_precision)}};
  }

  ComparisonOptions options_;
  Detector model_, original_;
  std::size_t boxes_ = 0;
  std::vector<DetectionPair> pictures_, labelled_, original_labelled_;
};

/// Cosines of vectors.
class Cosines {
 public:
  void add(const std::vector<float>& found, const std::vector<float>& expected) {
    all_.push_back(cosine(found, expected));
  }
  /// @throws Error{bad_input} if there are none.
  Metrics metrics() const {
    if (all_.empty()) fail(Fault::bad_input, "there is nothing to compare the models on");
    double sum = 0;
    for (const double value : all_) sum += value;
    return {{"cosine", sum / static_cast<double>(all_.size())},
            {"least_cosine", *std::min_element(all_.begin(), all_.end())}};
  }
  std::size_t size() const { return all_.size(); }

 private:
  std::vector<double> all_;
};

class EncoderComparison final : public Comparison {
 public:
  EncoderComparison(const ComparisonOptions& options, const LoadedModel& model, const LoadedModel& original)
      : model_(model, options.side), original_(original, options.side) {}

  void add(const Image& image, const std::optional<Truth>& truth) override {
    const Outputs found = model_.encode(image).outputs, expected = original_.encode(image).outputs;
    cosines_.add(found.at("embedding"), expected.at("embedding"));
    if (!expected.contains("logits")) return;
    classifies_ = true;
    const int best = best_of(found.at("logits")), original_best = best_of(expected.at("logits"));
    same_ += best == original_best ? 1 : 0;
    if (!truth) return;
    ++labelled_;
    right_ += best == truth->class_id ? 1 : 0;
    original_right_ += original_best == truth->class_id ? 1 : 0;
  }

  Accuracy accuracy() const override {
    Accuracy result{.metrics = cosines_.metrics(), .model = {}, .original = {}, .labelled = labelled_};
    if (classifies_) result.metrics["top1"] = part(same_, cosines_.size());
    if (labelled_ == 0) return result;
    result.model["top1"] = part(right_, labelled_);
    result.original["top1"] = part(original_right_, labelled_);
    return result;
  }

 private:
  static int best_of(const std::vector<float>& x) {
    return static_cast<int>(std::max_element(x.begin(), x.end()) - x.begin());
  }
  static double part(std::size_t some, std::size_t of) {
    return static_cast<double>(some) / static_cast<double>(of);
  }

  ImageEncoder model_, original_;
  Cosines cosines_;
  std::size_t same_ = 0, labelled_ = 0, right_ = 0, original_right_ = 0;
  bool classifies_ = false;
};

}  // namespace

std::unique_ptr<Comparison> compare_on_pictures(const ComparisonOptions& options, const LoadedModel& model,
                                                const LoadedModel& original) {
  if (finds_boxes(model.model->info.task))
    return std::make_unique<DetectionComparison>(options, model, original);
  return std::make_unique<EncoderComparison>(options, model, original);
}

Accuracy compare_on_texts(const LoadedModel& model, const LoadedModel& original,
                          const std::vector<std::string>& texts, const std::function<void()>& step) {
  TextEncoder encoder(model), expected(original);
  Cosines cosines;
  for (const std::string& text : texts) {
    step();
    cosines.add(encoder.encode(encoder.tokenize(text)), expected.encode(expected.tokenize(text)));
  }
  return {.metrics = cosines.metrics(), .model = {}, .original = {}, .labelled = 0};
}

}  // namespace lp
