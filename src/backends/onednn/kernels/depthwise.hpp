#pragma once
#include "backends/onednn/kernels/frames.hpp"

namespace lp::onednn {

/// A convolution of sequences [b, s, c], each channel by itself, to [b, t, c]; dense, f32 or bf16 each.
/// `weight`: [taps, c]; `bias`: [c] or null. On the caller's OpenMP team.
void depthwise(const Framing& how, const View& x_view, const std::byte* x, const float* weight,
               const float* bias, const View& y_view, std::byte* y);

}  // namespace lp::onednn
