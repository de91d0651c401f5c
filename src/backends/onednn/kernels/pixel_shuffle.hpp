#pragma once
#include "backends/onednn/view.hpp"

#include <cstddef>

namespace lp::onednn {

/// The c k k channels of every pixel as k x k pixels of c channels, and `bias` [c], or null, added: channel
/// (c, i, j) becomes pixel (i, j). Both views are dense, of one type, f32 or bf16. Runs on the caller's
/// OpenMP team.
void pixel_shuffle(std::int64_t k, const View& from_view, const std::byte* from, const float* bias,
                   const View& to_view, std::byte* to);

}  // namespace lp::onednn
