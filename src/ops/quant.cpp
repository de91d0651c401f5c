#include "ops/quant.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <cmath>

namespace lp::op {

Levels Quantize::levels() const {
  const float from = std::min(low, 0.0F), to = std::max(high, 0.0F);
  const float scale = (to - from) / 255.0F;
  if (!std::isfinite(scale) || low > high || scale < 1e-30F)  // its reciprocal must be a number, too
    fail(Fault::bad_model, "quantize: no 256 levels lie from {} to {}", low, high);
  return {scale, std::clamp(static_cast<std::int32_t>(std::lrint(-from / scale)), 0, 255)};
}

}  // namespace lp::op
