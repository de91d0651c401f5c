#include "backends/onednn/kernels/frames.hpp"

#include <cstring>

namespace lp::onednn {

void make_frames(const Framing& how, const View& from_view, const std::byte* from, const View& to_view,
                 std::byte* to) {
  const std::int64_t rows = from_view.dims[1], frames = to_view.dims[1];
  const auto row_bytes = static_cast<std::size_t>(from_view.dims[2]) * size_bytes(from_view.dtype);
  const std::size_t frame_bytes = row_bytes * static_cast<std::size_t>(how.taps);
#pragma omp parallel for schedule(static)
  for (std::int64_t each = 0; each < from_view.dims[0] * frames; ++each) {
    const std::byte* const sequence = from + static_cast<std::size_t>(each / frames * rows) * row_bytes;
    std::byte* const frame = to + static_cast<std::size_t>(each) * frame_bytes;
    const std::int64_t first = each % frames * how.stride - how.padding;
    if (how.dilation == 1 && first >= 0 && first + how.taps <= rows) {
      std::memcpy(frame, sequence + static_cast<std::size_t>(first) * row_bytes, frame_bytes);
      continue;
    }
    for (std::int64_t j = 0; j < how.taps; ++j) {
      const std::int64_t row = first + j * how.dilation;
      std::byte* const at = frame + static_cast<std::size_t>(j) * row_bytes;
      if (row < 0 || row >= rows)
        std::memset(at, 0, row_bytes);
      else
        std::memcpy(at, sequence + static_cast<std::size_t>(row) * row_bytes, row_bytes);
    }
  }
}

}  // namespace lp::onednn
