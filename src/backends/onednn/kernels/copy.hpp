#pragma once
#include "backends/onednn/view.hpp"

#include <cstddef>
#include <optional>

namespace lp::onednn {

/// A copy of rows of bytes from one stride to another: how values go into and out of the channels of larger
/// ones.
struct PixelCopy {
  std::int64_t pixels = 0;
  std::int64_t run_bytes = 0, from_step = 0, to_step = 0;
};

/// The copy from one view to another as one run of bytes a pixel, or nothing where they are not laid out so:
/// one type, channels next to each other, pixels at one step.
std::optional<PixelCopy> pixel_copy(const View& from, const View& to);

/// Runs on the OpenMP team of the calling thread.
void copy_pixels(const PixelCopy& copy, const std::byte* from, std::byte* to);

}  // namespace lp::onednn
