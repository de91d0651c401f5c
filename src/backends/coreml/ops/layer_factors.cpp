#include "backends/coreml/ops/layer_factors.hpp"

#include "ops/attention.hpp"
#include "ops/elementwise.hpp"
#include "ops/linear.hpp"

#include <cmath>

namespace lp::coreml {

std::vector<float> layer_factors(const Emission& emission, int id) {
  const Node& node = emission.node(id);
  const std::vector<int>& readers = emission.readers(id);
  if (node.op.as<op::Linear>() == nullptr || emission.uses(id) != 1 || readers.size() != 1) return {};
  // Bytes have scales, which factors below 1 would make too small for half precision.
  if (emission.form_of_weight(node.inputs[1]) != WeightForm::whole) return {};
  for (std::size_t i = 1; i < node.inputs.size(); ++i)
    if (node.inputs[i] >= 0 && !emission.is_known(node.inputs[i])) return {};
  const Node& reader = emission.node(readers.front());
  if (reader.inputs[0] != id) return {};
  const std::int64_t width = node.shape.back().size.size();
  if (const auto* const attention = reader.op.as<op::Attention>()) {
    const std::int64_t head = width / attention->heads;
    const float scale = 1.0F / std::sqrt(static_cast<float>(head));
    return std::vector<float>(static_cast<std::size_t>(width), scale);
  }
  const bool by_channel = reader.op.as<op::Multiply>() != nullptr && emission.is_known(reader.inputs[1]) &&
                          sizes(emission.node(reader.inputs[1]).shape) == std::vector<std::int64_t>{width};
  return by_channel ? emission.numbers(reader.inputs[1]) : std::vector<float>{};
}

}  // namespace lp::coreml
