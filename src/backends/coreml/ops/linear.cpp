#include "ops/linear.hpp"

#include "backends/coreml/emission.hpp"
#include "backends/coreml/ops/layer_factors.hpp"
#include "backends/coreml/ops/smoothed_inputs.hpp"

namespace lp::coreml {
namespace {

/// Numbers of a layer, one row of them for each channel of its result, times what that is multiplied by next.
std::vector<float> scaled(const Emission& emission, int id, const std::vector<float>& factors) {
  std::vector<float> numbers = emission.numbers(id);
  const std::size_t row = numbers.size() / factors.size();
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] *= factors[i / row];
  return numbers;
}

/// `factors`: of the result's channels; the input may have factors of its own in it.
Var weight_of(Emission& emission, const Node& layer, const Sizes& sizes, Element element,
              const std::vector<float>& factors) {
  const int id = layer.inputs[1];
  const std::vector<float> smoothing = smoothing_left_in(emission, layer.inputs[0]);
  if (factors.empty() && smoothing.empty()) return emission.layer_weight(id, sizes, 0, element);
  std::vector<float> numbers = factors.empty() ? emission.numbers(id) : scaled(emission, id, factors);
  for (std::size_t i = 0; !smoothing.empty() && i < numbers.size(); ++i)
    numbers[i] /= smoothing[i % smoothing.size()];
  return emission.layer_weight(id, numbers, sizes, 0, element);
}

Var bias_of(Emission& emission, int id, const Sizes& sizes, Element element,
            const std::vector<float>& factors) {
  return factors.empty()
             ? emission.weight(id, sizes, element)
             : emission.constant(emission.node(id).name, scaled(emission, id, factors), sizes, element);
}

/// A sequence's layer is a convolution by one pixel, in the form of channels.
void emit_linear(Emission& emission, int id) {
  const Node& node = emission.node(id);
  const Element element = emission.element(id);
  const bool is_sequence = node.shape.size() == 3;
  const bool has_bias = node.inputs.size() > 2 && node.inputs[2] >= 0;
  Sizes weight_sizes = sizes(emission.node(node.inputs[1]).shape);
  const Sizes bias_sizes = {weight_sizes[0]};
  if (is_sequence) weight_sizes.insert(weight_sizes.end(), {1, 1});
  const std::vector<float> factors = layer_factors(emission, id);
  const Var weight = weight_of(emission, node, weight_sizes, element, factors);
  std::optional<Var> bias;
  if (has_bias) bias = bias_of(emission, node.inputs[2], bias_sizes, element, factors);
  if (is_sequence) {
    const Var x = emission.channels(node.inputs[0], element);
    emission.set(id, mil::conv(emission.function(), node.name, x, weight, bias, {}), Form::channels);
  } else {
    const Var x = emission.plain(node.inputs[0], element);
    mil::Function& function = emission.function();
    const std::int64_t width = x.type.sizes.back();
    const Var rows = x.rank() <= 3
                         ? x
                         : mil::reshape(function, node.name, x, {mil::elements(x.type.sizes) / width, width});
    const Var y = mil::linear(function, node.name, rows, weight, bias);
    emission.set(id, mil::reshape(function, node.name, y, sizes(node.shape)));
  }
}

}  // namespace

void add_linear_rules(Rules& rules) {
  rules.on<op::Linear>(emit_linear);
}

}  // namespace lp::coreml
