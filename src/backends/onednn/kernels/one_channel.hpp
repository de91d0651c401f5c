#pragma once
#include "backends/onednn/kernels/frames.hpp"

#include <cstddef>
#include <functional>
#include <span>

namespace lp::onednn {

/// Rows of a sequence, one after the other.
struct SequenceRows {
  DType dtype;  // f32 or bf16
  const std::byte* numbers;
  std::int64_t rows, width;
};

/// A convolution of a sequence to `rows` of one channel: sums of products with `weight` [taps, width] of
/// neighbouring rows (no stride, no dilation), zeros before and behind. `take` gets the sums as they are
/// made, several threads of the caller's OpenMP team at once.
void one_channel(const Framing& how, const SequenceRows& x, const float* weight, std::int64_t rows,
                 const std::function<void(std::int64_t first, std::span<float> sums)>& take);

}  // namespace lp::onednn
