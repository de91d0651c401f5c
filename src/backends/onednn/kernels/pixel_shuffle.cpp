#include "backends/onednn/kernels/pixel_shuffle.hpp"

#include "backends/onednn/kernels/bfloat.hpp"
#include "base/error.hpp"

namespace lp::onednn {
namespace {

float sum(float value, float term) {
  return value + term;
}

std::uint16_t sum(std::uint16_t value, float term) {
  return to_bfloat(from_bfloat(value) + term);
}

template <class T>
void shuffle(std::int64_t k, const View& view, const T* from, const float* bias, T* to) {
  const std::int64_t width = view.dims[3], wide = view.dims[1], channels = wide / (k * k);
  const std::int64_t rows = view.dims[0] * view.dims[2] * k;
#pragma omp parallel for schedule(static)
  for (std::int64_t row = 0; row < rows; ++row) {
    const T* const line = from + row / k * width * wide + row % k * k;
    T* out = to + row * width * k * channels;
    for (std::int64_t w = 0; w < width; ++w)
      for (std::int64_t j = 0; j < k; ++j)
        for (std::int64_t c = 0; c < channels; ++c)
          *out++ = sum(line[w * wide + c * k * k + j], bias != nullptr ? bias[c] : 0.0F);
  }
}

}  // namespace

void pixel_shuffle(std::int64_t k, const View& from_view, const std::byte* from, const float* bias,
                   const View& to_view, std::byte* to) {
  LP_ASSERT(from_view.dtype == to_view.dtype);
  if (from_view.dtype == DType::bf16)
    return shuffle(k, from_view, reinterpret_cast<const std::uint16_t*>(from), bias,
                   reinterpret_cast<std::uint16_t*>(to));
  LP_ASSERT(from_view.dtype == DType::f32);
  shuffle(k, from_view, reinterpret_cast<const float*>(from), bias, reinterpret_cast<float*>(to));
}

}  // namespace lp::onednn
