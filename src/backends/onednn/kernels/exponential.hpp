#pragma once
#include "base/vectorize.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace lp::onednn {

/// exp(x) within 2 units in the last place over [-87, 88], clamped below, for x that is never above, in plain
/// operations that compilers vectorise: x = n ln 2 + r, |r| <= ln 2 / 2; exp(r) by its Taylor polynomial of
/// degree 6 (remainder below 2^-24), times 2^n.
LP_INLINED float fast_exp_to_88(float x) {
  x = std::max(x, -87.0F);
  constexpr float to_integer =
      12582912.0F;  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
  const float shifted = x * 1.44269504F + to_integer;
  const float n = shifted - to_integer;
  // ln 2 in two parts, so that n * the first is exact (Cody and Waite 1980).
  const float r = (x - n * 0.693359375F) - n * -2.12194440e-4F;
  float p = 1.0F / 720.0F;
  p = p * r + 1.0F / 120.0F;
  p = p * r + 1.0F / 24.0F;
  p = p * r + 1.0F / 6.0F;
  p = p * r + 0.5F;
  p = p * r + 1.0F;
  p = p * r + 1.0F;
  const std::uint32_t exponent = (std::bit_cast<std::uint32_t>(shifted) << 23U) + 0x3F800000U;
  return p * std::bit_cast<float>(exponent);
}

/// The same for every x, clamped above as well.
LP_INLINED float fast_exp(float x) {
  return fast_exp_to_88(std::min(x, 88.0F));
}

}  // namespace lp::onednn
