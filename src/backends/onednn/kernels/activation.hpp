#pragma once
#include "backends/onednn/view.hpp"

namespace lp::onednn {

/// Functions of each number of a dense f32 value, on the caller's OpenMP team; `to` may be `from`.
void silu(const View& view, const float* from, float* to);
void relu(const View& view, const float* from, float* to);
/// op::Gelu: exactly (within 2e-7 of x), by tanh, by sigmoid.
void gelu(const View& view, const float* from, float* to);
void gelu_by_tanh(const View& view, const float* from, float* to);
void gelu_by_sigmoid(const View& view, const float* from, float* to);

}  // namespace lp::onednn
