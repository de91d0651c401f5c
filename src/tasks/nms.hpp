#pragma once
#include "tasks/box.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace lp {

/// One thing found in a picture.
struct Detection {
  int class_id = 0;
  float confidence = 0;  // 0..1
  Box box;
  int anchor = -1;  // the place in the network's output that it comes from
};

/// A detection network's output [4 + classes, anchors], f32: rows cx, cy, w, h in pixels of the input, then
/// one row of scores 0..1 a class. Rows are `stride` numbers apart. Borrows the data.
struct DetectionOutput {
  const float* data = nullptr;
  int classes = 0, anchors = 0;
  std::ptrdiff_t stride = 0;
};

struct NmsOptions {
  float confidence = 0.25F;  // what scores more is kept
  float iou = 0.7F;          // what overlaps a better one of its class by more is dropped
  int max_detections = 300;
  std::span<const int> classes;  // only these; empty: all
};

/// The detections of an output, best first, equal ones in the order of their anchors; boxes in pixels of the
/// input. An anchor counts for its best class; scores that are no numbers count for nothing, nor do anchors
/// without a finite box. Thread-safe. Source: Ultralytics 8.4.190, utils/nms.py non_max_suppression (agnostic
/// and multi_label off).
std::vector<Detection> non_max_suppression(const DetectionOutput& output, const NmsOptions& options);

}  // namespace lp
