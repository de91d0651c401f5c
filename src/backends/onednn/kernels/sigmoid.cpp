#include "backends/onednn/kernels/sigmoid.hpp"

#include "base/exponential.hpp"
#include "base/vectorize.hpp"

#include <algorithm>
#include <array>

namespace lp::onednn {
namespace {

constexpr std::int64_t block_pixels = 64;
constexpr std::int64_t block_channels = 32;

LP_VECTORIZED void sigmoid_row(const float* from, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = 1.0F / (1.0F + fast_exp(-from[i]));
}

/// [pixels][channels] to [channels][pixels] with the sigmoid on the way, through a block that stays in the
/// cache.
LP_VECTORIZED void sigmoid_transposed(const float* from, std::int64_t channels, float* to,
                                      std::int64_t to_channel, std::int64_t pixels) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): written before it is read
  std::array<float, block_pixels * block_channels> block;
  for (std::int64_t c0 = 0; c0 < channels; c0 += block_channels) {
    const std::int64_t width = std::min(block_channels, channels - c0);
    for (std::int64_t p = 0; p < pixels; ++p)
      for (std::int64_t c = 0; c < width; ++c)
        block[static_cast<std::size_t>(c * block_pixels + p)] = from[p * channels + c0 + c];
    for (std::int64_t c = 0; c < width; ++c)
      for (std::int64_t p = 0; p < pixels; ++p)
        to[(c0 + c) * to_channel + p] =
            1.0F / (1.0F + fast_exp(-block[static_cast<std::size_t>(c * block_pixels + p)]));
  }
}

}  // namespace

void sigmoid(const View& from_view, const float* from, const View& to_view, float* to) {
  if (to_view.dense() && from_view.dense()) {
    const std::int64_t total = from_view.elements();
    constexpr std::int64_t chunk = 4096;
#pragma omp parallel for schedule(static)
    for (std::int64_t start = 0; start < total; start += chunk)
      sigmoid_row(from + start, to + start, std::min(chunk, total - start));
    return;
  }
  // dims [n, c, h, w]; the target has its pixels next to each other, its channels anywhere.
  const std::int64_t channels = from_view.dims[1], pixels = from_view.dims[2] * from_view.dims[3];
  const std::int64_t blocks = (pixels + block_pixels - 1) / block_pixels;
#pragma omp parallel for schedule(static)
  for (std::int64_t job = 0; job < from_view.dims[0] * blocks; ++job) {
    const std::int64_t n = job / blocks, p = job % blocks * block_pixels;
    sigmoid_transposed(from + (n * pixels + p) * channels, channels, to + n * to_view.strides[0] + p,
                       to_view.strides[1], std::min(block_pixels, pixels - p));
  }
}

}  // namespace lp::onednn
