#include "backends/onednn/kernels/one_channel.hpp"

#include "backends/onednn/kernels/bfloat.hpp"
#include "base/vectorize.hpp"

#include <algorithm>
#include <array>

namespace lp::onednn {
namespace {

constexpr std::int64_t chunk = 1024;  // rows that a thread takes at a time

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
LP_INLINED void sums_of(const Framing& how, const Number* x, std::int64_t rows, std::int64_t width,
                        const float* weight, std::int64_t first, std::span<float> sums) {
  for (float& sum : sums) {
    const std::int64_t start = first++ - how.padding, low = std::max<std::int64_t>(start, 0),
                       high = std::min(start + how.taps, rows);
    sum = dot(x + low * width, weight + (low - start) * width, std::max<std::int64_t>(high - low, 0) * width);
  }
}

LP_VECTORIZED void sums_of_rows(const Framing& how, const SequenceRows& x, const float* weight,
                                std::int64_t first, std::span<float> sums) {
  if (x.dtype == DType::f32)
    sums_of(how, reinterpret_cast<const float*>(x.numbers), x.rows, x.width, weight, first, sums);
  else
    sums_of(how, reinterpret_cast<const std::uint16_t*>(x.numbers), x.rows, x.width, weight, first, sums);
}

}  // namespace

void one_channel(const Framing& how, const SequenceRows& x, const float* weight, std::int64_t rows,
                 const std::function<void(std::int64_t first, std::span<float> sums)>& take) {
#pragma omp parallel for schedule(dynamic)
  for (std::int64_t first = 0; first < rows; first += chunk) {
    std::array<float, chunk> memory;  // NOLINT(cppcoreguidelines-pro-type-member-init): written whole
    const std::span<float> sums(memory.data(), static_cast<std::size_t>(std::min(chunk, rows - first)));
    sums_of_rows(how, x, weight, first, sums);
    take(first, sums);
  }
}

}  // namespace lp::onednn
