#pragma once
#include "ops/op_list.hpp"
#include "ops/signature.hpp"

#include <cstdint>

namespace lp::op {

/// 256 levels at equal distance: level `u` is (u - zero) * scale.
struct Levels {
  float scale = 1.0F;
  std::int32_t zero = 0;  // 0 to 255: the level of 0
  bool operator==(const Levels&) const = default;
};

struct Quantize {
  static constexpr std::string_view name = "quantize";
  static constexpr std::string_view doc =
      "x at the nearest of 256 levels from `low` to `high`, where the range is widened to hold 0 and moved "
      "so "
      "that 0 is a level: (clamp(round(x * (1 / s)) + z, 0, 255) - z) s, s = (high - low) / 255, z = "
      "round(-low / s), "
      "rounded to nearest even. With `smoothing`, one factor for each index of the last axis, x is "
      "multiplied "
      "by it before and divided by it after: levels for channels of unlike sizes. A runtime may keep the "
      "result as u8. Sources: Jacob et al. 2017, arXiv:1712.05877; Xiao et al. 2022, arXiv:2211.10438.";
  static constexpr std::string_view signature = "x[*] smoothing?[d] -> [*]";
  float low = 0.0F, high = 0.0F;
  static void fields(auto& self, auto&& field) {
    field("low", self.low);
    field("high", self.high);
  }
  /// @throws Error{bad_model} if the range is empty or has no bounds, or the factors are not one for each
  /// index of the last axis.
  Shape output(InputShapes inputs) const;
  /// @throws the same.
  Levels levels() const;
};

using QuantOps = OpList<Quantize>;

}  // namespace lp::op
