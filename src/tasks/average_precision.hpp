#pragma once
#include "tasks/nms.hpp"

#include <functional>
#include <vector>

namespace lp {

/// The detections of one picture: what was found, and what is there (its confidence does not count).
struct DetectionPair {
  std::vector<Detection> found, expected;
};

/// Area under the curve of precision over recall, 0 to 1, all classes together: what was found counts, best
/// first, if it overlaps one of its class that is not taken yet by at least `least_iou`. Precision is the
/// best at the same or a higher recall, read at the recalls 0, 0.01, ... 1. 1 where nothing is there and
/// nothing was found. Source: COCO's evaluation, Lin et al. 2014, arXiv:1405.0312.
double average_precision(const std::vector<DetectionPair>& pictures, double least_iou);

/// The mean of average_precision at 0.5, 0.55, ... 0.95.
double mean_average_precision(const std::vector<DetectionPair>& pictures);

/// The mean of `measure` over the classes that are there, each with its own detections alone; 1 where nothing
/// is there and nothing was found, 0 where nothing is there.
double mean_over_classes(const std::vector<DetectionPair>& pictures,
                         const std::function<double(const std::vector<DetectionPair>&)>& measure);

}  // namespace lp
