#include "tasks/set_prediction.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace lp {
namespace {

/// The likeliest class but the last, by softmax over all.
Detection best_class(std::span<const float> logits) {
  const float largest = *std::ranges::max_element(logits);
  double sum = 0;
  for (const float logit : logits) sum += std::exp(double{logit} - largest);
  const auto best = std::max_element(logits.begin(), logits.end() - 1);
  return {.class_id = static_cast<int>(best - logits.begin()),
          .confidence = static_cast<float>(std::exp(double{*best} - largest) / sum)};
}

Box box_of(std::span<const float> box, int width, int height) {
  const auto wide = static_cast<float>(width), high = static_cast<float>(height);
  return {std::clamp((box[0] - box[2] / 2) * wide, 0.0F, wide),
          std::clamp((box[1] - box[3] / 2) * high, 0.0F, high),
          std::clamp((box[0] + box[2] / 2) * wide, 0.0F, wide),
          std::clamp((box[1] + box[3] / 2) * high, 0.0F, high)};
}

bool are_numbers(std::span<const float> values) {
  return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
}

}  // namespace

std::vector<Detection> detections_of(const SetPrediction& prediction, const NmsOptions& options, int width,
                                     int height) {
  const auto classes = static_cast<std::size_t>(prediction.classes),
             count = static_cast<std::size_t>(prediction.count);
  LP_ASSERT(classes > 1 && prediction.logits.size() == count * classes &&
            prediction.boxes.size() == count * 4);
  std::vector<Detection> found;
  for (std::size_t i = 0; i < count; ++i) {
    const auto logits = prediction.logits.subspan(i * classes, classes),
               box = prediction.boxes.subspan(i * 4, 4);
    if (!are_numbers(logits) || !are_numbers(box)) continue;
    Detection detection = best_class(logits);
    const bool wanted = options.classes.empty() ||
                        std::ranges::find(options.classes, detection.class_id) != options.classes.end();
    if (!wanted || detection.confidence <= options.confidence) continue;
    detection.box = box_of(box, width, height);
    found.push_back(detection);
  }
  std::ranges::stable_sort(found, std::greater{}, &Detection::confidence);
  if (found.size() > static_cast<std::size_t>(options.max_detections))
    found.resize(static_cast<std::size_t>(options.max_detections));
  return found;
}

}  // namespace lp
