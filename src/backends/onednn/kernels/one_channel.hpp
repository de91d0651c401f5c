#pragma once
#include "backends/onednn/kernels/frames.hpp"
#include "backends/onednn/kernels/some_rows.hpp"

#include <span>

namespace lp::onednn {

/// A convolution of a sequence of `width` numbers a row, f32 or bf16, to one channel: sums of products with
/// `weight` [taps, width] of neighbouring rows (no stride, no dilation), of `sums.size()` rows from `first`
/// on. On the caller's thread.
void one_channel(const Framing& how, const SomeRows<float>& x, std::int64_t width, const float* weight,
                 std::int64_t first, std::span<float> sums);
void one_channel(const Framing& how, const SomeRows<std::uint16_t>& x, std::int64_t width,
                 const float* weight, std::int64_t first, std::span<float> sums);

}  // namespace lp::onednn
