#pragma once
#include "backends/onednn/view.hpp"

namespace lp::onednn {

/// op::DflBoxes from a dense f32 view [n, 4 * bins, h, w], channels last, to f32 [n, 4, h * w] at any
/// strides. Runs on the caller's OpenMP team.
void dfl_boxes(std::int64_t bins, float stride, const View& from_view, const float* from, const View& to_view,
               float* to);

}  // namespace lp::onednn
