#pragma once
#include "models/catalog.hpp"

namespace lp::models {

/// YOLOv8 object detection, variants n, s, m, l, x. One graph `main`: `images` f32 [n, c=3, h, w] RGB 0..1 ->
/// `output` [n, c=4+classes, a]: centre x, centre y, width, height in pixels, then a probability a class.
Family yolov8();

/// YOLOv8 instance segmentation, told apart by its third branch and its prototypes. One graph `main`: the
/// same with `coefficients` [n, masks, a] and `protos` [n, c=masks, h/4, w/4]: an anchor's mask is where the
/// sum of its coefficients times the protos is above 0.
Family yolov8_seg();

}  // namespace lp::models
