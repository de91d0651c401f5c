#include "backends/onednn/kernels/copy.hpp"

#include <algorithm>
#include <cstring>

namespace lp::onednn {
namespace {

/// Elements from one pixel to the next, if that is one number for the whole view and its channels are
/// neighbours.
std::optional<std::int64_t> pixel_step(const View& view) {
  if (view.dims.size() != 4 || (view.strides[1] != 1 && view.dims[1] != 1)) return {};
  const std::int64_t step = view.strides[3], h = view.dims[2], w = view.dims[3];
  if (h > 1 && view.strides[2] != step * w) return {};
  if (view.dims[0] > 1 && view.strides[0] != step * w * h) return {};
  return step;
}

/// A run of a known length compiles to a few vector moves instead of a call.
template <std::size_t Bytes>
void copy_runs(const std::byte* from, std::int64_t from_step, std::byte* to, std::int64_t to_step,
               std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i, from += from_step, to += to_step) std::memcpy(to, from, Bytes);
}

void copy_range(const PixelCopy& copy, const std::byte* from, std::byte* to, std::int64_t count) {
  switch (copy.run_bytes) {
    case 32: return copy_runs<32>(from, copy.from_step, to, copy.to_step, count);
    case 64: return copy_runs<64>(from, copy.from_step, to, copy.to_step, count);
    case 128: return copy_runs<128>(from, copy.from_step, to, copy.to_step, count);
    case 256: return copy_runs<256>(from, copy.from_step, to, copy.to_step, count);
    default:
      for (std::int64_t i = 0; i < count; ++i, from += copy.from_step, to += copy.to_step)
        std::memcpy(to, from, static_cast<std::size_t>(copy.run_bytes));
  }
}

}  // namespace

std::optional<PixelCopy> pixel_copy(const View& from, const View& to) {
  const auto from_step = pixel_step(from), to_step = pixel_step(to);
  if (!from_step || !to_step || from.dtype != to.dtype) return {};
  const auto bytes = static_cast<std::int64_t>(size_bytes(from.dtype));
  return PixelCopy{from.dims[0] * from.dims[2] * from.dims[3], from.dims[1] * bytes, *from_step * bytes,
                   *to_step * bytes};
}

void copy_pixels(const PixelCopy& copy, const std::byte* from, std::byte* to) {
  constexpr std::int64_t chunk = 256;
#pragma omp parallel for schedule(static)
  for (std::int64_t start = 0; start < copy.pixels; start += chunk)
    copy_range(copy, from + start * copy.from_step, to + start * copy.to_step,
               std::min(chunk, copy.pixels - start));
}

}  // namespace lp::onednn
