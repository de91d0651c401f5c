#pragma once
#include <algorithm>

namespace lp {

/// An upright rectangle in pixels: from (x1, y1), left and top, to (x2, y2), right and bottom.
struct Box {
  float x1 = 0, y1 = 0, x2 = 0, y2 = 0;
};

/// Pixels that a box covers; negative if its corners are swapped in one axis.
inline float area(const Box& box) {
  return (box.x2 - box.x1) * (box.y2 - box.y1);
}

/// Intersection over union, 0 to 1: 0 for boxes that only touch or that are both empty.
inline float iou(const Box& a, const Box& b) {
  const float width = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  const float height = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  if (!(width > 0) || !(height > 0)) return 0;  // also where a corner is no number
  const float both = width * height;
  return both / (area(a) + area(b) - both);
}

}  // namespace lp
