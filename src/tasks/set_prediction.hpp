#pragma once
#include "tasks/nms.hpp"

#include <span>
#include <vector>

namespace lp {

/// What a network says that finds a set of things, each once: for each of `count` queries scores of `classes`
/// classes, the last of which is "nothing", row-major, and a box (cx, cy, w, h) in parts of the picture.
/// Borrows the data.
struct SetPrediction {
  std::span<const float> logits, boxes;
  int count = 0, classes = 0;
};

/// The detections, best first, equal ones in the order of the queries; boxes in pixels of a picture of
/// `width` x `height`, cut off at its edges. The confidence is the softmax of the likeliest class but
/// "nothing"; overlap does not count (options.iou). Queries whose numbers are none count for nothing. Source:
/// Carion et al. 2020, arXiv:2005.12872; transformers 4.57.1, post_process_object_detection.
std::vector<Detection> detections_of(const SetPrediction& prediction, const NmsOptions& options, int width,
                                     int height);

}  // namespace lp
