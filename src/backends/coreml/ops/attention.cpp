#include "ops/attention.hpp"

#include "backends/coreml/emission.hpp"
#include "backends/coreml/ops/layer_factors.hpp"
#include "backends/coreml/ops/sight.hpp"

#include <cmath>

namespace lp::coreml {
namespace {

float scale_of(const Emission& emission, int attention) {
  const Node& node = emission.node(attention);
  const std::int64_t width = emission.node(node.inputs[0]).shape[2].size.size();
  const std::int64_t head = width / node.op.as<op::Attention>()->heads;
  return 1.0F / std::sqrt(static_cast<float>(head));
}

void emit_attention(Emission& emission, int id) {
  const Node& node = emission.node(id);
  mil::Function& function = emission.function();
  const Element element = emission.element(id);
  const std::int64_t heads = node.op.as<op::Attention>()->heads;
  Var q = emission.channels(node.inputs[0], element);
  const Var k = emission.channels(node.inputs[1], element), v = emission.channels(node.inputs[2], element);
  const Sizes sizes = {q.size(0), v.size(1), 1, q.size(3)};
  if (layer_factors(emission, node.inputs[0]).empty())
    q = mil::elementwise(function, "mul", node.name, q, function.number(scale_of(emission, id), element));
  Var scores = mil::matmul(function, node.name, by_heads(emission, node.name, q, heads),
                           by_heads(emission, node.name, k, heads), {.transpose_x = true});
  const std::optional<Sight> sight = sight_of(emission,
                                              {.length = node.inputs.size() > 3 ? node.inputs[3] : -1,
                                               .causal = node.op.as<op::Attention>()->causal != 0,
                                               .queries = q.size(3),
                                               .keys = k.size(3)},
                                              element);
  scores = hide(function, node.name, sight, scores);
  const Var weights = mil::softmax(function, node.name, scores, 3);
  const Var sums = mil::matmul(function, node.name, by_heads(emission, node.name, v, heads), weights,
                               {.transpose_y = true});
  Var found = mil::reshape(function, node.name, sums, sizes);
  if (sight) found = mil::elementwise(function, "mul", node.name, found, sight->any);
  emission.set(id, found, Form::channels);
}

}  // namespace

void add_attention_rules(Rules& rules) {
  rules.on<op::Attention>(emit_attention);
}

}  // namespace lp::coreml
