#include "ops/quant.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <cmath>

namespace lp::op {

Shape Quantize::output(InputShapes inputs) const {
  (void)levels();
  const Shape& x = *inputs[0];
  const bool smooths = inputs.size() > 1 && inputs[1].has_value();
  if (smooths && (x.empty() || !(x.back().size == inputs[1]->front().size)))
    fail(Fault::bad_model, "quantize: x is {}, but smoothing has {} factors", text(x),
         inputs[1]->front().size.text());
  return x;
}

Levels Quantize::levels() const {
  const float from = std::min(low, 0.0F), to = std::max(high, 0.0F);
  const float scale = (to - from) / 255.0F;
  if (!std::isfinite(scale) || low > high || scale < 1e-30F)  // its reciprocal must be a number, too
    fail(Fault::bad_model, "quantize: no 256 levels lie from {} to {}", low, high);
  return {scale, std::clamp(static_cast<std::int32_t>(std::lrint(-from / scale)), 0, 255)};
}

}  // namespace lp::op
