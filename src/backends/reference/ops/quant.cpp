#include "ops/quant.hpp"

#include "backends/reference/array.hpp"

#include <algorithm>
#include <cmath>

namespace lp::reference {
namespace {

void quantize(const Call& call) {
  const op::Levels levels = call.as<op::Quantize>().levels();
  const Array& x = *call.in[0];
  const float per_level = 1.0F / levels.scale;
  const auto zero = static_cast<float>(levels.zero);
  const Array* const smoothing = call.in.size() > 1 ? call.in[1] : nullptr;
  for (std::size_t i = 0; i < x.data.size(); ++i) {
    const float factor = smoothing != nullptr ? smoothing->data[i % smoothing->data.size()] : 1.0F;
    const float level = std::clamp(std::nearbyint(x.data[i] * factor * per_level) + zero, 0.0F, 255.0F);
    call.out.data[i] = (level - zero) * levels.scale / factor;
  }
}

}  // namespace

void add_quant_rules(Rules& rules) {
  rules.on<op::Quantize>(quantize);
}

}  // namespace lp::reference
