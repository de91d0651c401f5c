#pragma once
#include <array>
#include <cstdint>

namespace lp {

/// The orientation of Exif data (1 to 8) that turns and mirrors pictures as a display matrix does, to the
/// next quarter of a turn; 1 where it says nothing. `matrix`: rows (a, b, u), (c, d, v), (x, y, w), which
/// take a point (p, q) to (a p + c q + x, b p + d q + y), y down. Source: ISO 14496-12, 6.2.2.
int orientation_of(const std::array<std::int32_t, 9>& matrix);

}  // namespace lp
