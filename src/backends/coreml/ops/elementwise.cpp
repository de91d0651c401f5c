#include "ops/elementwise.hpp"

#include "backends/coreml/emission.hpp"
#include "backends/coreml/ops/layer_factors.hpp"

#include <algorithm>

namespace lp::coreml {
namespace {

Rule same(std::string_view operation) {
  return [operation](Emission& emission, int id) {
    const Node& node = emission.node(id);
    const bool channels = node.shape.size() == 3 &&
                          std::any_of(node.inputs.begin(), node.inputs.end(),
                                      [&](int from) { return emission.form(from) == Form::channels; });
    const Form form = channels ? Form::channels : Form::plain;
    const Element element = emission.element(id);
    const Var x = emission.get(node.inputs[0], form, element),
              y = emission.get(node.inputs[1], form, element);
    emission.set(id, mil::elementwise(emission.function(), operation, node.name, x, y), form);
  };
}

/// What the layer before has in its weights already stays as it is.
void emit_multiply(Emission& emission, int id) {
  const int from = emission.node(id).inputs[0];
  if (layer_factors(emission, from).empty()) {
    same("mul")(emission, id);
  } else {
    const Form form = emission.form(from);
    emission.set(id, emission.get(from, form, emission.element(id)), form);
  }
}

}  // namespace

void add_elementwise_rules(Rules& rules) {
  rules.on<op::Add>(same("add"));
  rules.on<op::Multiply>(emit_multiply);
}

}  // namespace lp::coreml
