#include "backends/onednn/kernels/dfl_boxes.hpp"

#include "base/exponential.hpp"
#include "base/vectorize.hpp"

#include <algorithm>
#include <cstddef>

namespace lp::onednn {
namespace {

/// Expectation of softmax(x) over 0..bins-1.
LP_INLINED float expectation(const float* x, int bins) {
  float greatest = x[0];
#pragma omp simd reduction(max : greatest)
  for (int k = 0; k < bins; ++k) greatest = std::max(greatest, x[k]);
  float sum = 0, weighted = 0;
#pragma omp simd reduction(+ : sum, weighted)
  for (int k = 0; k < bins; ++k) {
    const float e = fast_exp(x[k] - greatest);
    sum += e;
    weighted += e * static_cast<float>(k);
  }
  return weighted / sum;
}

struct Row {
  std::int64_t width;
  int bins;  // 32 bits: AVX2 has no conversion of 64-bit integers
  float stride;
  std::int64_t to_coordinate, to_anchor;  // steps in the output
};

LP_VECTORIZED void decode_row(const Row& row, const float* from, float y, float* to) {
  for (std::int64_t w = 0; w < row.width; ++w) {
    const float* const cell = from + w * 4 * row.bins;
    const float left = expectation(cell, row.bins), top = expectation(cell + row.bins, row.bins);
    const float right = expectation(cell + std::ptrdiff_t{2} * row.bins, row.bins),
                bottom = expectation(cell + std::ptrdiff_t{3} * row.bins, row.bins);
    float* const out = to + w * row.to_anchor;
    out[0] = (static_cast<float>(w) + 0.5F + (right - left) * 0.5F) * row.stride;
    out[row.to_coordinate] = (y + (bottom - top) * 0.5F) * row.stride;
    out[2 * row.to_coordinate] = (left + right) * row.stride;
    out[3 * row.to_coordinate] = (top + bottom) * row.stride;
  }
}

}  // namespace

void dfl_boxes(std::int64_t bins, float stride, const View& from_view, const float* from, const View& to_view,
               float* to) {
  const std::int64_t height = from_view.dims[2], width = from_view.dims[3];
  const Row row{width, static_cast<int>(bins), stride, to_view.strides[1], to_view.strides[2]};
#pragma omp parallel for schedule(static)
  for (std::int64_t job = 0; job < from_view.dims[0] * height; ++job) {
    const std::int64_t n = job / height, h = job % height;
    decode_row(row, from + job * width * 4 * bins, static_cast<float>(h) + 0.5F,
               to + n * to_view.strides[0] + h * width * to_view.strides[2]);
  }
}

}  // namespace lp::onednn
