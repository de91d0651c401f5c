#pragma once
#include "models/catalog.hpp"

namespace lp::models {

/// YOLOv8 object detection, variants n, s, m, l, x. One graph `main`: `images` f32 [n, c=3, h, w] RGB 0..1 ->
/// `output` [n, c=4+classes, a]: centre x, centre y, width, height in pixels, then a probability a class.
Family yolov8();

}  // namespace lp::models
