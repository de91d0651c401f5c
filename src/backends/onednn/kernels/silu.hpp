#pragma once
#include "backends/onednn/view.hpp"

namespace lp::onednn {

/// x / (1 + exp(-x)) of a dense f32 value. Runs on the caller's OpenMP team.
void silu(const View& view, const float* from, float* to);

}  // namespace lp::onednn
