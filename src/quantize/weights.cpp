#include "quantize/weights.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <cmath>

namespace lp {

QuantizedTensor quantize_rows(std::span<const float> values, std::int64_t rows) {
  LP_ASSERT(rows > 0 && values.size() % static_cast<std::size_t>(rows) == 0);
  if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }))
    fail(Fault::bad_model, "a weight is infinite or no number, so it cannot be stored in 8 bits");
  const std::size_t width = values.size() / static_cast<std::size_t>(rows);
  QuantizedTensor tensor{std::vector<std::int8_t>(values.size()),
                         std::vector<float>(static_cast<std::size_t>(rows), 1.0F)};
  for (std::size_t row = 0; row < tensor.scales.size(); ++row) {
    const std::span<const float> part = values.subspan(row * width, width);
    float largest = 0;
    for (const float value : part) largest = std::max(largest, std::fabs(value));
    const float scale = largest / 127.0F;
    if (!std::isnormal(scale)) continue;  // nothing in it that could be told from zero
    tensor.scales[row] = scale;
    for (std::size_t i = 0; i < width; ++i)
      tensor.numbers[row * width + i] =
          static_cast<std::int8_t>(std::clamp(std::nearbyint(part[i] / scale), -127.0F, 127.0F));
  }
  return tensor;
}

}  // namespace lp
