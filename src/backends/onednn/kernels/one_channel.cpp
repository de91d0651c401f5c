#include "backends/onednn/kernels/one_channel.hpp"

#include "backends/onednn/kernels/bfloat.hpp"
#include "base/vectorize.hpp"

#include <algorithm>

namespace lp::onednn {
namespace {

LP_INLINED float number(float value) {
  return value;
}
LP_INLINED float number(std::uint16_t value) {
  return from_bfloat(value);
}

template <class Number>
LP_INLINED float dot(const Number* x, const float* weight, std::int64_t count) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < count; ++i) sum += number(x[i]) * weight[i];
  return sum;
}

/// Rows that a sum looks at lie one after the other: one product of vectors.
template <class Number>
LP_INLINED void sums_of(const Framing& how, const SomeRows<Number>& x, std::int64_t width,
                        const float* weight, std::int64_t first, std::span<float> sums) {
  for (float& sum : sums) {
    const std::int64_t start = first++ - how.padding, low = std::max(start, x.first),
                       high = std::min(start + how.taps, x.end);
    sum = high <= low
              ? 0.0F
              : dot(x.at + (low - x.first) * width, weight + (low - start) * width, (high - low) * width);
  }
}

}  // namespace

LP_VECTORIZED void one_channel(const Framing& how, const SomeRows<float>& x, std::int64_t width,
                               const float* weight, std::int64_t first, std::span<float> sums) {
  sums_of(how, x, width, weight, first, sums);
}

LP_VECTORIZED void one_channel(const Framing& how, const SomeRows<std::uint16_t>& x, std::int64_t width,
                               const float* weight, std::int64_t first, std::span<float> sums) {
  sums_of(how, x, width, weight, first, sums);
}

}  // namespace lp::onednn
