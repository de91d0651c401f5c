#pragma once
#include "backends/onednn/view.hpp"

namespace lp::onednn {

/// The sum of two dense f32 values of one shape; `to` may be one of them. Runs on the caller's OpenMP team.
void add(const View& view, const float* a, const float* b, float* to);

}  // namespace lp::onednn
