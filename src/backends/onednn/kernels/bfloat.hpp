#pragma once
#include "base/vectorize.hpp"

#include <bit>
#include <cstdint>

namespace lp::onednn {

/// Rounds to nearest even; what is not a number stays so. Written without branches, for the vectoriser.
LP_INLINED std::uint16_t to_bfloat(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = (bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U;
  const std::uint32_t quiet = (bits >> 16U) | 0x40U;
  return static_cast<std::uint16_t>((bits & 0x7FFFFFFFU) > 0x7F800000U ? quiet : rounded);
}

/// The same for numbers that are finite.
LP_INLINED std::uint16_t finite_to_bfloat(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U);
}

/// The same, half a unit up, for finite numbers that are not negative: cheaper, and no less near.
LP_INLINED std::uint16_t positive_to_bfloat(float value) {
  return static_cast<std::uint16_t>((std::bit_cast<std::uint32_t>(value) + 0x8000U) >> 16U);
}

LP_INLINED float from_bfloat(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

/// Numbers one after the other, to f32 and back; some below 2^-126 may become zeros.
void widen(const std::uint16_t* from, float* to, std::int64_t count);
void narrow(const float* from, std::uint16_t* to, std::int64_t count);

}  // namespace lp::onednn
