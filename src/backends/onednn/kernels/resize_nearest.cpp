#include "backends/onednn/kernels/resize_nearest.hpp"

#include <cstring>

namespace lp::onednn {

void resize_nearest(std::int64_t factor, const View& from_view, const std::byte* from, const View& to_view,
                    std::byte* to) {
  const auto bytes = static_cast<std::int64_t>(size_bytes(from_view.dtype));
  const std::int64_t height = from_view.dims[2], width = from_view.dims[3];
  const std::int64_t pixel = from_view.dims[1] * bytes;
  const std::int64_t image_step = to_view.strides[0] * bytes, row_step = to_view.strides[2] * bytes,
                     pixel_step = to_view.strides[3] * bytes;
#pragma omp parallel for schedule(static)
  for (std::int64_t job = 0; job < from_view.dims[0] * height; ++job) {
    const std::byte* const line = from + job * width * pixel;
    std::byte* const out = to + job / height * image_step + job % height * factor * row_step;
    for (std::int64_t i = 0; i < factor; ++i)
      for (std::int64_t w = 0; w < width; ++w)
        for (std::int64_t j = 0; j < factor; ++j)
          std::memcpy(out + i * row_step + (w * factor + j) * pixel_step, line + w * pixel,
                      static_cast<std::size_t>(pixel));
  }
}

}  // namespace lp::onednn
