#pragma once
#include "backends/onednn/view.hpp"

#include <cstddef>

namespace lp::onednn {

/// 1 / (1 + exp(-x)) from a dense f32 view of channels-last pixels into f32 at any strides. Runs on the
/// caller's OpenMP team.
void sigmoid(const View& from_view, const float* from, const View& to_view, float* to);

}  // namespace lp::onednn
