#include "ops/norm.hpp"

#include "backends/coreml/emission.hpp"

#include <numbers>

namespace lp::coreml {
namespace {

/// Sequences in the form of channels, all else as it is; gives the axis of the channels, too.
struct Rows {
  Var x;
  Form form = Form::plain;
  std::int64_t axis = 0;
};
Rows rows_of(Emission& emission, int id) {
  const int from = emission.node(id).inputs[0];
  const Form form = emission.is_sequence(from) ? Form::channels : Form::plain;
  const Var x = emission.get(from, form, emission.element(id));
  return {x, form, form == Form::channels ? 1 : static_cast<std::int64_t>(x.rank()) - 1};
}

void emit_layer_norm(Emission& emission, int id) {
  const Node& node = emission.node(id);
  const Element element = emission.element(id);
  const auto [x, form, axis] = rows_of(emission, id);
  emission.set(
      id,
      mil::layer_norm(emission.function(), node.name, x, axis, emission.plain(node.inputs[1], element),
                      emission.plain(node.inputs[2], element), node.op.as<op::LayerNorm>()->epsilon),
      form);
}

void emit_l2_normalize(Emission& emission, int id) {
  const Node& node = emission.node(id);
  mil::Function& function = emission.function();
  const auto [x, form, axis] = rows_of(emission, id);
  const Var length = mil::reduce(function, "reduce_l2_norm", node.name, x, {axis});
  const Var least = function.number(node.op.as<op::L2Normalize>()->epsilon, x.type.element);
  const Var safe = mil::elementwise(function, "maximum", node.name, length, least);
  emission.set(id, mil::elementwise(function, "real_div", node.name, x, safe), form);
}

void emit_log_range(Emission& emission, int id) {
  const Node& node = emission.node(id);
  const auto& range = *node.op.as<op::LogRange>();
  mil::Function& function = emission.function();
  const Var x = emission.channels(node.inputs[0], emission.element(id));
  const Element element = x.type.element;
  const Var audible =
      mil::elementwise(function, "maximum", node.name, x, function.number(range.floor, element));
  const Var natural =
      function.add("log", node.name, {{"x", {audible}}, {"epsilon", {function.number(0, element)}}}, x.type);
  const Var decades = mil::elementwise(function, "mul", node.name, natural,
                                       function.number(std::numbers::log10e_v<float>, element));
  const Var loudest = mil::reduce(function, "reduce_max", node.name, decades, {1, 2, 3});
  const Var quietest =
      mil::elementwise(function, "sub", node.name, loudest, function.number(range.range, element));
  emission.set(id, mil::elementwise(function, "maximum", node.name, decades, quietest), Form::channels);
}

}  // namespace

void add_norm_rules(Rules& rules) {
  rules.on<op::LayerNorm>(emit_layer_norm);
  rules.on<op::L2Normalize>(emit_l2_normalize);
  rules.on<op::LogRange>(emit_log_range);
}

}  // namespace lp::coreml
