#include "backends/onednn/kernels/depthwise.hpp"

#include "backends/onednn/kernels/bfloat.hpp"
#include "base/vectorize.hpp"

#include <algorithm>
#include <vector>

namespace lp::onednn {
namespace {

LP_VECTORIZED void add_product(float* sums, const float* x, const float* weight, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) sums[i] += x[i] * weight[i];
}

LP_VECTORIZED void add_wide_product(float* sums, const std::uint16_t* x, const float* weight,
                                    std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) sums[i] += from_bfloat(x[i]) * weight[i];
}

}  // namespace

void depthwise(const Framing& how, const View& x_view, const std::byte* x, const float* weight,
               const float* bias, const View& y_view, std::byte* y) {
  const std::int64_t rows = x_view.dims[1], width = x_view.dims[2], frames = y_view.dims[1];
  const bool narrows = y_view.dtype == DType::bf16;
#pragma omp parallel for schedule(static)
  for (std::int64_t each = 0; each < y_view.dims[0] * frames; ++each) {
    std::vector<float> made(static_cast<std::size_t>(narrows ? width : 0));
    float* const sums = narrows ? made.data() : reinterpret_cast<float*>(y) + each * width;
    if (bias != nullptr)
      std::copy_n(bias, width, sums);
    else
      std::fill_n(sums, width, 0.0F);
    for (std::int64_t j = 0; j < how.taps; ++j) {
      const std::int64_t row = each % frames * how.stride - how.padding + j * how.dilation;
      if (row < 0 || row >= rows) continue;
      const std::int64_t at = (each / frames * rows + row) * width;
      if (x_view.dtype == DType::bf16)
        add_wide_product(sums, reinterpret_cast<const std::uint16_t*>(x) + at, weight + j * width, width);
      else
        add_product(sums, reinterpret_cast<const float*>(x) + at, weight + j * width, width);
    }
    if (narrows) narrow(sums, reinterpret_cast<std::uint16_t*>(y) + each * width, width);
  }
}

}  // namespace lp::onednn
