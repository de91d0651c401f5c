#pragma once
#include "backends/onednn/view.hpp"

namespace lp::onednn {

/// A function of each of `count` numbers; `to` may be `from`. On the caller's thread.
using NumberFunction = void (*)(const float* from, float* to, std::int64_t count);
NumberFunction silu_function();
NumberFunction relu_function();
/// op::Gelu: exactly (within 2e-7 of x), by tanh, by sigmoid.
NumberFunction gelu_function();
NumberFunction gelu_by_tanh_function();
NumberFunction gelu_by_sigmoid_function();

/// A function of each number of a dense f32 value, on the caller's OpenMP team; `to` may be `from`.
void apply(NumberFunction function, const View& view, const float* from, float* to);

}  // namespace lp::onednn
