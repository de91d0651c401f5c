#include "backends/onednn/kernels/norm.hpp"

#include "backends/onednn/kernels/bfloat.hpp"
#include "base/error.hpp"
#include "base/vectorize.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace lp::onednn {
namespace {

constexpr std::int64_t lanes = 16;  // partial sums, so that the compiler may keep them in vectors

LP_INLINED float to_float(float value) {
  return value;
}
LP_INLINED float to_float(std::uint16_t bits) {
  return from_bfloat(bits);
}
LP_INLINED void store(float value, float& to) {
  to = value;
}
LP_INLINED void store(float value, std::uint16_t& to) {
  to = to_bfloat(value);
}

template <class T>
LP_INLINED float sum_of(const T* x, std::int64_t count) {
  float part[lanes] = {};  // NOLINT(modernize-avoid-c-arrays): stays in registers
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (std::int64_t j = 0; j < lanes; ++j) part[j] += to_float(x[i + j]);
  for (; i < count; ++i) part[0] += to_float(x[i]);
  float sum = 0;
  for (const float each : part) sum += each;
  return sum;
}

/// Sum of (x - mean)^2.
template <class T>
LP_INLINED float square_sum(const T* x, float mean, std::int64_t count) {
  float part[lanes] = {};  // NOLINT(modernize-avoid-c-arrays)
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (std::int64_t j = 0; j < lanes; ++j) {
      const float d = to_float(x[i + j]) - mean;
      part[j] += d * d;
    }
  for (; i < count; ++i) part[0] += (to_float(x[i]) - mean) * (to_float(x[i]) - mean);
  float sum = 0;
  for (const float each : part) sum += each;
  return sum;
}

template <class From, class To>
LP_INLINED void norm_row(const From* x, To* y, const float* weight, const float* bias, float epsilon,
                         std::int64_t width) {
  const auto count = static_cast<float>(width);
  const float mean = sum_of(x, width) / count;
  const float scale = 1.0F / std::sqrt(square_sum(x, mean, width) / count + epsilon);
  for (std::int64_t i = 0; i < width; ++i) store((to_float(x[i]) - mean) * scale * weight[i] + bias[i], y[i]);
}

template <class From, class To>
LP_INLINED void unit_row(const From* x, To* y, float epsilon, std::int64_t width) {
  const float scale = 1.0F / std::max(std::sqrt(square_sum(x, 0.0F, width)), epsilon);
  for (std::int64_t i = 0; i < width; ++i) store(to_float(x[i]) * scale, y[i]);
}

// A name for each pair of types: clones are made of functions, not of templates.
LP_VECTORIZED void norm_row_f32(const float* x, float* y, const float* w, const float* b, float e,
                                std::int64_t n) {
  norm_row(x, y, w, b, e, n);
}
LP_VECTORIZED void norm_row_bf16(const std::uint16_t* x, std::uint16_t* y, const float* w, const float* b,
                                 float e, std::int64_t n) {
  norm_row(x, y, w, b, e, n);
}
LP_VECTORIZED void norm_row_narrowing(const float* x, std::uint16_t* y, const float* w, const float* b,
                                      float e, std::int64_t n) {
  norm_row(x, y, w, b, e, n);
}
LP_VECTORIZED void norm_row_widening(const std::uint16_t* x, float* y, const float* w, const float* b,
                                     float e, std::int64_t n) {
  norm_row(x, y, w, b, e, n);
}

/// Calls `row(from, to)` with typed pointers for every row, in parallel.
template <class Row>
void for_rows(const View& from_view, const std::byte* from, const View& to_view, std::byte* to, Row row) {
  const std::int64_t rows = from_view.dims[0];
  const bool narrow_in = from_view.dtype == DType::bf16, narrow_out = to_view.dtype == DType::bf16;
#pragma omp parallel for schedule(static)
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::byte* const x =
        from + r * from_view.strides[0] * static_cast<std::int64_t>(size_bytes(from_view.dtype));
    std::byte* const y = to + r * to_view.strides[0] * static_cast<std::int64_t>(size_bytes(to_view.dtype));
    const auto* const xf = reinterpret_cast<const float*>(x);
    const auto* const xb = reinterpret_cast<const std::uint16_t*>(x);
    if (narrow_out)
      narrow_in ? row(xb, reinterpret_cast<std::uint16_t*>(y)) : row(xf, reinterpret_cast<std::uint16_t*>(y));
    else
      narrow_in ? row(xb, reinterpret_cast<float*>(y)) : row(xf, reinterpret_cast<float*>(y));
  }
}

struct NormRow {
  const float *weight, *bias;
  float epsilon;
  std::int64_t width;
  void operator()(const float* x, float* y) const { norm_row_f32(x, y, weight, bias, epsilon, width); }
  void operator()(const float* x, std::uint16_t* y) const {
    norm_row_narrowing(x, y, weight, bias, epsilon, width);
  }
  void operator()(const std::uint16_t* x, float* y) const {
    norm_row_widening(x, y, weight, bias, epsilon, width);
  }
  void operator()(const std::uint16_t* x, std::uint16_t* y) const {
    norm_row_bf16(x, y, weight, bias, epsilon, width);
  }
};

}  // namespace

void layer_norm(float epsilon, const View& from_view, const std::byte* from, const float* weight,
                const float* bias, const View& to_view, std::byte* to) {
  for_rows(from_view, from, to_view, to, NormRow{weight, bias, epsilon, from_view.dims[1]});
}

void l2_normalize(float epsilon, const View& from_view, const std::byte* from, const View& to_view,
                  std::byte* to) {
  for_rows(from_view, from, to_view, to,
           [&](const auto* x, auto* y) { unit_row(x, y, epsilon, from_view.dims[1]); });
}

void log_range(float floor, float range, const View& from_view, const std::byte* from, const View& to_view,
               std::byte* to) {
  const std::int64_t size = from_view.dims[1] * from_view.dims[2];
  const bool narrow_in = from_view.dtype == DType::bf16, narrow_out = to_view.dtype == DType::bf16;
  const auto* const floats = reinterpret_cast<const float*>(from);
  const auto* const bfloats = reinterpret_cast<const std::uint16_t*>(from);
  const auto number = [&](std::int64_t i) { return narrow_in ? from_bfloat(bfloats[i]) : floats[i]; };
  for (std::int64_t start = 0; start < from_view.dims[0] * size; start += size) {
    float greatest = floor;
#pragma omp parallel for schedule(static) reduction(max : greatest)
    for (std::int64_t i = start; i < start + size; ++i) greatest = std::max(greatest, number(i));
    const float least = std::log10(greatest) - range;
#pragma omp parallel for schedule(static)
    for (std::int64_t i = start; i < start + size; ++i) {
      const float y = std::max(std::log10(std::max(number(i), floor)), least);
      if (narrow_out)
        reinterpret_cast<std::uint16_t*>(to)[i] = to_bfloat(y);
      else
        reinterpret_cast<float*>(to)[i] = y;
    }
  }
}

}  // namespace lp::onednn
