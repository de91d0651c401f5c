#include "tasks/nms.hpp"

#include "base/vectorize.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>

namespace lp {
namespace {

constexpr std::size_t max_candidates = 30000;
constexpr float class_offset = 7680;
constexpr int block_anchors = 1024;

/// Where `scores` beat `best`, they and `class_id` take its place. False for a score that is no number.
LP_VECTORIZED void take_better(const float* scores, std::int32_t class_id, float* best,
                               std::int32_t* best_class, int count) {
  for (int i = 0; i < count; ++i) {
    const bool better = scores[i] > best[i];
    best[i] = better ? scores[i] : best[i];
    best_class[i] = better ? class_id : best_class[i];
  }
}

bool is_wanted(int class_id, std::span<const int> classes) {
  return classes.empty() || std::ranges::find(classes, class_id) != classes.end();
}

Box box_of(const DetectionOutput& output, int anchor) {
  const float* const at = output.data + anchor;
  const float x = at[0], y = at[output.stride];
  const float half_width = at[2 * output.stride] / 2, half_height = at[3 * output.stride] / 2;
  return {x - half_width, y - half_height, x + half_width, y + half_height};
}

bool is_finite(const Box& box) {
  return std::isfinite(box.x1) && std::isfinite(box.y1) && std::isfinite(box.x2) && std::isfinite(box.y2);
}

/// Anchors over the threshold, in their order.
std::vector<Detection> candidates(const DetectionOutput& output, const NmsOptions& options) {
  std::vector<Detection> found;
  std::array<float, block_anchors> best{};
  std::array<std::int32_t, block_anchors> best_class{};
  for (int first = 0; first < output.anchors; first += block_anchors) {
    const int count = std::min(block_anchors, output.anchors - first);
    best.fill(options.confidence);
    best_class.fill(-1);
    for (int c = 0; c < output.classes; ++c)
      take_better(output.data + (4 + c) * output.stride + first, c, best.data(), best_class.data(), count);
    for (int i = 0; i < count; ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (best_class[at] < 0 || !std::isfinite(best[at]) || !is_wanted(best_class[at], options.classes))
        continue;
      const Box box = box_of(output, first + i);
      if (is_finite(box))
        found.push_back(
            {.class_id = best_class[at], .confidence = best[at], .box = box, .anchor = first + i});
    }
  }
  return found;
}

/// The box where the original compares it: every class is moved apart, so that one pass serves all. The
/// rounding that this brings decides about overlaps right at the threshold.
Box moved_apart(const Detection& detection) {
  const float offset = static_cast<float>(detection.class_id) * class_offset;
  const Box& box = detection.box;
  return {box.x1 + offset, box.y1 + offset, box.x2 + offset, box.y2 + offset};
}

}  // namespace

std::vector<Detection> non_max_suppression(const DetectionOutput& output, const NmsOptions& options) {
  std::vector<Detection> found = candidates(output, options);
  std::ranges::stable_sort(found, std::greater{}, &Detection::confidence);
  if (found.size() > max_candidates) found.resize(max_candidates);

  const auto limit = static_cast<std::size_t>(std::max(options.max_detections, 0));
  std::vector<Detection> kept;
  std::vector<Box> kept_apart;
  for (const Detection& candidate : found) {
    if (kept.size() >= limit) break;
    const Box apart = moved_apart(candidate);
    bool is_free = true;
    for (std::size_t i = 0; i < kept.size() && is_free; ++i)
      is_free = kept[i].class_id != candidate.class_id || !(iou(kept_apart[i], apart) > options.iou);
    if (!is_free) continue;
    kept.push_back(candidate);
    kept_apart.push_back(apart);
  }
  return kept;
}

}  // namespace lp
