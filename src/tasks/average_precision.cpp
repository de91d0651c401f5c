#include "tasks/average_precision.hpp"

#include <algorithm>
#include <functional>
#include <set>

namespace lp {
namespace {

/// One that was found, and whether it is there.
struct Judged {
  float confidence = 0;
  bool right = false;
};

/// Of those of the detection's class that are not taken: the one that it overlaps most, if that is enough.
std::ptrdiff_t partner(const Detection& found, const std::vector<Detection>& expected,
                       const std::vector<bool>& taken, double least_iou) {
  std::ptrdiff_t best = -1;
  double overlap = least_iou;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (taken[i] || expected[i].class_id != found.class_id) continue;
    const double both = iou(found.box, expected[i].box);
    if (both < overlap || (best >= 0 && both == overlap)) continue;
    overlap = both;
    best = static_cast<std::ptrdiff_t>(i);
  }
  return best;
}

void judge(const DetectionPair& picture, double least_iou, std::vector<Judged>& judged) {
  std::vector<Detection> found = picture.found;
  std::ranges::stable_sort(found, std::greater{}, &Detection::confidence);
  std::vector<bool> taken(picture.expected.size());
  for (const Detection& detection : found) {
    const std::ptrdiff_t match = partner(detection, picture.expected, taken, least_iou);
    if (match >= 0) taken[static_cast<std::size_t>(match)] = true;
    judged.push_back({detection.confidence, match >= 0});
  }
}

}  // namespace

double average_precision(const std::vector<DetectionPair>& pictures, double least_iou) {
  std::vector<Judged> judged;
  std::size_t expected = 0;
  for (const DetectionPair& picture : pictures) {
    judge(picture, least_iou, judged);
    expected += picture.expected.size();
  }
  if (expected == 0) return judged.empty() ? 1 : 0;
  std::ranges::stable_sort(judged, std::greater{}, &Judged::confidence);

  std::vector<double> recall, precision;
  std::size_t right = 0;
  for (std::size_t i = 0; i < judged.size(); ++i) {
    right += judged[i].right ? 1 : 0;
    recall.push_back(static_cast<double>(right) / static_cast<double>(expected));
    precision.push_back(static_cast<double>(right) / static_cast<double>(i + 1));
  }
  for (std::size_t i = precision.size(); i-- > 1;)
    precision[i - 1] = std::max(precision[i - 1], precision[i]);
  constexpr int points = 101;
  double sum = 0;
  for (int point = 0; point < points; ++point) {
    const auto at = std::lower_bound(recall.begin(), recall.end(), point / (points - 1.0));
    if (at != recall.end()) sum += precision[static_cast<std::size_t>(at - recall.begin())];
  }
  return sum / points;
}

double mean_average_precision(const std::vector<DetectionPair>& pictures) {
  constexpr int steps = 10;
  double sum = 0;
  for (int i = 0; i < steps; ++i) sum += average_precision(pictures, 0.5 + 0.05 * i);
  return sum / steps;
}

double mean_over_classes(const std::vector<DetectionPair>& pictures,
                         const std::function<double(const std::vector<DetectionPair>&)>& measure) {
  std::set<int> classes;
  for (const DetectionPair& picture : pictures)
    for (const Detection& detection : picture.expected) classes.insert(detection.class_id);
  if (classes.empty()) return measure(pictures);
  double sum = 0;
  for (const int id : classes) {
    const auto of_class = [&](std::vector<Detection> detections) {
      std::erase_if(detections, [&](const Detection& detection) { return detection.class_id != id; });
      return detections;
    };
    std::vector<DetectionPair> part;
    for (const DetectionPair& picture : pictures)
      part.push_back({of_class(picture.found), of_class(picture.expected)});
    sum += measure(part);
  }
  return sum / static_cast<double>(classes.size());
}

}  // namespace lp
