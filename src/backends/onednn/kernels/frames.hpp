#pragma once
#include "backends/onednn/view.hpp"

#include <cstddef>

namespace lp::onednn {

/// Which rows of a sequence a frame holds: frame t those from t * stride - padding on, `dilation` apart.
struct Framing {
  std::int64_t taps = 1, stride = 1, padding = 0, dilation = 1;
};

/// Frames [b, t, taps * c] of dense sequences [b, s, c], of any type of both; zeros for rows before and
/// behind. On the caller's OpenMP team.
void make_frames(const Framing& how, const View& from_view, const std::byte* from, const View& to_view,
                 std::byte* to);

}  // namespace lp::onednn
