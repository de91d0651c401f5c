#pragma once
#include "base/vectorize.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace lp {

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

/// exp(x) with a relative error below 2^-13, for numbers that are rounded to bf16 afterwards, over [-87, 88],
/// clamped below: x log2(e) = n + f, |f| <= 1/2; 2^f by the polynomial of degree 3 whose largest relative
/// error is least (7.5e-5; weighted least squares, repeated), times 2^n.
LP_INLINED float coarse_exp_to_88(float x) {
  constexpr float to_integer = 12582912.0F;  // as above
  const float power = std::max(x, -87.0F) * 1.44269504F, shifted = power + to_integer;
  const float f = power - (shifted - to_integer);
  const float p = ((0.0551716685F * f + 0.242611125F) * f + 0.693260968F) * f + 0.999928057F;
  const std::uint32_t exponent = std::bit_cast<std::uint32_t>(shifted) << 23U;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(p) + exponent);
}

/// The same as fast_exp_to_88 for every x, clamped above as well.
LP_INLINED float fast_exp(float x) {
  return fast_exp_to_88(std::min(x, 88.0F));
}

}  // namespace lp
