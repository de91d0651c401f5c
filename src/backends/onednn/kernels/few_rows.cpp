#include "backends/onednn/kernels/few_rows.hpp"

#include "backends/onednn/kernels/bfloat.hpp"
#include "base/vectorize.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#endif

namespace lp::onednn {
namespace {

constexpr std::int64_t block = 64;    // rows of w that one thread multiplies at a time
constexpr std::int64_t step = 16;     // numbers that a row of x is padded to a multiple of
constexpr std::int64_t together = 4;  // rows of x that a row of w, once read, is multiplied by

std::int64_t padded(std::int64_t width) {
  return (width + step - 1) / step * step;
}

LP_INLINED float number(float value) {
  return value;
}
LP_INLINED float number(std::uint16_t value) {
  return from_bfloat(value);
}

template <class Number>
LP_INLINED float dot(const float* x, const Number* w, std::int64_t width) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < width; ++i) sum += x[i] * number(w[i]);
  return sum;
}

template <class Number>
LP_INLINED void four_dots(const float* x, std::int64_t stride, const Number* w, std::int64_t width,
                          float* sums) {
  float a = 0, b = 0, c = 0, d = 0;
#pragma omp simd reduction(+ : a, b, c, d)
  for (std::int64_t i = 0; i < width; ++i) {
    const float factor = number(w[i]);
    a += x[i] * factor;
    b += x[stride + i] * factor;
    c += x[2 * stride + i] * factor;
    d += x[3 * stride + i] * factor;
  }
  sums[0] = a;
  sums[block] = b;
  sums[2 * block] = c;
  sums[3 * block] = d;
}

/// Sums of up to `together` rows of x with `count` rows of w, as [together][block].
template <class Number>
LP_INLINED void float_sums(const float* x, std::int64_t rows, std::int64_t stride, const Number* w,
                           std::int64_t count, std::int64_t width, float* sums) {
  for (std::int64_t j = 0; j < count; ++j, w += width)
    if (rows == together)
      four_dots(x, stride, w, width, sums + j);
    else
      for (std::int64_t m = 0; m < rows; ++m) sums[m * block + j] = dot(x + m * stride, w, width);
}

LP_VECTORIZED void sums_of(const float* x, std::int64_t rows, std::int64_t stride, const float* w,
                           std::int64_t count, std::int64_t width, float* sums) {
  float_sums(x, rows, stride, w, count, width, sums);
}
LP_VECTORIZED void sums_of(const float* x, std::int64_t rows, std::int64_t stride, const std::uint16_t* w,
                           std::int64_t count, std::int64_t width, float* sums) {
  float_sums(x, rows, stride, w, count, width, sums);
}

using WholeSums = void (*)(const std::int16_t* x, std::int64_t rows, std::int64_t stride,
                           const std::int8_t* w, std::int64_t count, std::int64_t width, std::int32_t* sums);

void whole_sums(const std::int16_t* x, std::int64_t rows, std::int64_t stride, const std::int8_t* w,
                std::int64_t count, std::int64_t width, std::int32_t* sums) {
  for (std::int64_t j = 0; j < count; ++j, w += width)
    for (std::int64_t m = 0; m < rows; ++m) {
      std::int32_t sum = 0;
#pragma omp simd reduction(+ : sum)
      for (std::int64_t i = 0; i < width; ++i) sum += std::int32_t{x[m * stride + i]} * std::int32_t{w[i]};
      sums[m * block + j] = sum;
    }
}

#if defined(__x86_64__) && defined(__GNUC__)

#define LP_AVX2 __attribute__((target("avx2")))

LP_AVX2 inline std::int32_t sum_of_lanes(__m256i v) {
  __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4E));
  return _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xB1)));
}

template <int rows>
LP_AVX2 inline void whole_sums_of_rows(const std::int16_t* x, std::int64_t stride, const std::int8_t* w,
                                       std::int64_t count, std::int64_t width, std::int32_t* sums) {
  for (std::int64_t j = 0; j < count; ++j, w += width) {
    __m256i sum[rows];
#pragma GCC unroll 4
    for (int m = 0; m < rows; ++m) sum[m] = _mm256_setzero_si256();
    std::int64_t i = 0;
    for (; i + step <= width; i += step) {
      const __m256i wide = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(w + i)));
#pragma GCC unroll 4
      for (int m = 0; m < rows; ++m) {
        const auto* const from = reinterpret_cast<const __m256i*>(x + m * stride + i);
        sum[m] = _mm256_add_epi32(sum[m], _mm256_madd_epi16(wide, _mm256_loadu_si256(from)));
      }
    }
#pragma GCC unroll 4
    for (int m = 0; m < rows; ++m) {
      std::int32_t total = sum_of_lanes(sum[m]);
      for (std::int64_t at = i; at < width; ++at)
        total += std::int32_t{x[m * stride + at]} * std::int32_t{w[at]};
      sums[m * block + j] = total;
    }
  }
}

/// GCC 12 multiplies 32-bit numbers instead, at half the speed of the memory.
LP_AVX2 void whole_sums_avx2(const std::int16_t* x, std::int64_t rows, std::int64_t stride,
                             const std::int8_t* w, std::int64_t count, std::int64_t width,
                             std::int32_t* sums) {
  if (rows == 1) return whole_sums_of_rows<1>(x, stride, w, count, width, sums);
  if (rows == 2) return whole_sums_of_rows<2>(x, stride, w, count, width, sums);
  if (rows == 3) return whole_sums_of_rows<3>(x, stride, w, count, width, sums);
  whole_sums_of_rows<together>(x, stride, w, count, width, sums);
}

WholeSums best_whole_sums() {
  return __builtin_cpu_supports("avx2") ? whole_sums_avx2 : whole_sums;
}

#else

WholeSums best_whole_sums() {
  return whole_sums;
}

#endif

/// Rows of x as f32, each padded with zeros.
void to_floats(const RowMatrix& x, float* to) {
  const std::int64_t stride = padded(x.width);
  for (std::int64_t m = 0; m < x.rows; ++m, to += stride) {
    if (x.dtype == DType::f32)
      std::copy_n(reinterpret_cast<const float*>(x.numbers) + m * x.stride, x.width, to);
    else
      std::transform(reinterpret_cast<const std::uint16_t*>(x.numbers) + m * x.stride,
                     reinterpret_cast<const std::uint16_t*>(x.numbers) + m * x.stride + x.width, to,
                     [](std::uint16_t bits) { return from_bfloat(bits); });
    std::fill(to + x.width, to + stride, 0.0F);
  }
}

/// The largest whole number whose products with a row of i8 add up within 32 bits.
float largest_whole(std::int64_t width) {
  constexpr std::int64_t largest_sum = std::numeric_limits<std::int32_t>::max(), largest_weight = 128;
  return static_cast<float>(
      std::min<std::int64_t>(std::numeric_limits<std::int16_t>::max(),
                             largest_sum / (largest_weight * std::max<std::int64_t>(width, 1))));
}

/// Rounds a row to whole numbers and gives what one of them stands for: no number where the row has some.
LP_VECTORIZED float to_whole(const float* from, std::int64_t count, float largest, std::int16_t* to) {
  float most = 0, sum = 0;
#pragma omp simd reduction(max : most)
  for (std::int64_t i = 0; i < count; ++i) most = std::max(most, from[i] < 0 ? -from[i] : from[i]);
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < count; ++i) sum += from[i] * 0.0F;  // stays 0 while all are finite
  const float factor = most > std::numeric_limits<float>::min() * largest && sum == 0 ? largest / most : 0.0F;
  if (factor == 0) std::fill_n(to, count, std::int16_t{0});
  if (factor > 0)
    for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<std::int16_t>(std::rint(from[i] * factor));
  if (sum != 0) return std::numeric_limits<float>::quiet_NaN();
  return most / largest;
}

void whole_product(const RowMatrix& x, const RowMatrix& w, std::byte* scratch, const TakeSums& take) {
  static const WholeSums sums_of_whole = best_whole_sums();
  const std::int64_t stride = padded(x.width);
  auto* const floats = reinterpret_cast<float*>(scratch);
  auto* const whole = reinterpret_cast<std::int16_t*>(floats + x.rows * stride);
  auto* const steps = reinterpret_cast<float*>(whole + x.rows * stride);
  to_floats(x, floats);
  const float largest = largest_whole(x.width);
  for (std::int64_t m = 0; m < x.rows; ++m)
    steps[m] = to_whole(floats + m * stride, stride, largest, whole + m * stride);
  const auto* const weights = reinterpret_cast<const std::int8_t*>(w.numbers);
#pragma omp parallel for schedule(static)
  for (std::int64_t first = 0; first < w.rows; first += block) {
    const std::int64_t count = std::min(block, w.rows - first);
    std::array<std::int32_t, block * together> sums;
    std::array<float, block> scaled;
    for (std::int64_t m = 0; m < x.rows; m += together) {
      const std::int64_t rows = std::min(together, x.rows - m);
      sums_of_whole(whole + m * stride, rows, stride, weights + first * w.stride, count, w.width,
                    sums.data());
      for (std::int64_t row = 0; row < rows; ++row) {
        for (std::int64_t j = 0; j < count; ++j)
          scaled[static_cast<std::size_t>(j)] =
              static_cast<float>(sums[static_cast<std::size_t>(row * block + j)]) * w.scales[first + j] *
              steps[m + row];
        take(m + row, first, {scaled.data(), static_cast<std::size_t>(count)});
      }
    }
  }
}

template <class Number>
void float_product(const RowMatrix& x, const RowMatrix& w, std::byte* scratch, const TakeSums& take) {
  const std::int64_t stride = padded(x.width);
  auto* const floats = reinterpret_cast<float*>(scratch);
  to_floats(x, floats);
  const auto* const weights = reinterpret_cast<const Number*>(w.numbers);
#pragma omp parallel for schedule(static)
  for (std::int64_t first = 0; first < w.rows; first += block) {
    const std::int64_t count = std::min(block, w.rows - first);
    std::array<float, block * together> sums;
    for (std::int64_t m = 0; m < x.rows; m += together) {
      const std::int64_t rows = std::min(together, x.rows - m);
      sums_of(floats + m * stride, rows, stride, weights + first * w.stride, count, w.width, sums.data());
      for (std::int64_t row = 0; row < rows; ++row)
        take(m + row, first, {sums.data() + row * block, static_cast<std::size_t>(count)});
    }
  }
}

}  // namespace

std::size_t few_rows_scratch(std::int64_t rows, std::int64_t width) {
  const auto numbers = static_cast<std::size_t>(rows * padded(width));
  return numbers * (sizeof(float) + sizeof(std::int16_t)) + static_cast<std::size_t>(rows) * sizeof(float);
}

void few_rows_product(const RowMatrix& x, const RowMatrix& w, std::byte* scratch, const TakeSums& take) {
  if (w.dtype == DType::i8)
    whole_product(x, w, scratch, take);
  else if (w.dtype == DType::bf16)
    float_product<std::uint16_t>(x, w, scratch, take);
  else
    float_product<float>(x, w, scratch, take);
}

}  // namespace lp::onednn
