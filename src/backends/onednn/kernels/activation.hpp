#pragma once
#include "backends/onednn/view.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>

namespace lp::onednn {

/// A function of each of `count` numbers; `to` may be `from`. On the caller's thread.
using NumberFunction = std::function<void(const float* from, float* to, std::int64_t count)>;
NumberFunction silu_function();
NumberFunction relu_function();
/// op::Gelu: exactly (within 2e-7 of x), by tanh, by sigmoid.
NumberFunction gelu_function();
NumberFunction gelu_by_tanh_function();
NumberFunction gelu_by_sigmoid_function();
NumberFunction leaky_relu_function(float slope);
NumberFunction tanh_function();
NumberFunction exp_function();

/// op::LeakyRelu of `count` numbers, f32 or bf16. On the caller's thread.
void leaky_relu(float slope, const float* from, float* to, std::int64_t count);
void leaky_relu(float slope, const std::uint16_t* from, std::uint16_t* to, std::int64_t count);

/// A function of each number of a dense f32 value, on the caller's OpenMP team; `to` may be `from`.
void apply(const NumberFunction& function, const View& view, const float* from, float* to);

/// op::Gate: rows [.., 2 d] to [.., d], f32 or bf16 each.
void gate(bool of_tanh, const View& from_view, const std::byte* from, const View& to_view, std::byte* to);

}  // namespace lp::onednn
