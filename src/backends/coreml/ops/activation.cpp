#include "ops/activation.hpp"

#include "backends/coreml/emission.hpp"

namespace lp::coreml {
namespace {

/// The only input, as it lies, in the type that the node is computed in.
Var input_of(Emission& emission, int id) {
  const int from = emission.node(id).inputs[0];
  return emission.get(from, emission.form(from), emission.element(id));
}

void set_alike(Emission& emission, int id, const Var& result) {
  emission.set(id, result, emission.form(emission.node(id).inputs[0]));
}

/// An operation of the same meaning, without parameters.
Rule same(std::string_view operation) {
  return [operation](Emission& emission, int id) {
    const Var x = input_of(emission, id);
    set_alike(emission, id, mil::unary(emission.function(), operation, emission.node(id).name, x));
  };
}

void emit_gelu(Emission& emission, int id) {
  const std::string& how = emission.node(id).op.as<op::Gelu>()->approximate;
  const char* const mode = how == "tanh"      ? "TANH_APPROXIMATION"
                           : how == "sigmoid" ? "SIGMOID_APPROXIMATION"
                                              : "EXACT";
  const Var x = input_of(emission, id);
  mil::Function& function = emission.function();
  set_alike(
      emission, id,
      function.add("gelu", emission.node(id).name, {{"x", {x}}, {"mode", {function.text(mode)}}}, x.type));
}

void emit_leaky_relu(Emission& emission, int id) {
  const Var x = input_of(emission, id);
  mil::Function& function = emission.function();
  const float slope = emission.node(id).op.as<op::LeakyRelu>()->slope;
  set_alike(emission, id,
            function.add("leaky_relu", emission.node(id).name,
                         {{"x", {x}}, {"alpha", {function.number(slope, x.type.element)}}}, x.type));
}

void emit_gate(Emission& emission, int id) {
  const Node& node = emission.node(id);
  const Var x = input_of(emission, id);
  mil::Function& function = emission.function();
  const std::int64_t axis =
      emission.form(node.inputs[0]) == Form::channels ? 1 : static_cast<std::int64_t>(x.rank()) - 1;
  const std::int64_t half = x.size(static_cast<std::size_t>(axis)) / 2;
  const std::vector<Var> parts = mil::split(function, node.name, x, axis, {half, half});
  const Var open = mil::unary(function, "sigmoid", node.name, parts[1]);
  const bool bent = node.op.as<op::Gate>()->of == "tanh";
  const Var value = bent ? mil::unary(function, "tanh", node.name, parts[0]) : parts[0];
  set_alike(emission, id, mil::elementwise(function, "mul", node.name, value, open));
}

}  // namespace

void add_activation_rules(Rules& rules) {
  rules.on<op::Silu>(same("silu"));
  rules.on<op::Relu>(same("relu"));
  rules.on<op::Sigmoid>(same("sigmoid"));
  rules.on<op::Tanh>(same("tanh"));
  rules.on<op::Exp>(same("exp"));
  rules.on<op::Gelu>(emit_gelu);
  rules.on<op::LeakyRelu>(emit_leaky_relu);
  rules.on<op::Gate>(emit_gate);
}

}  // namespace lp::coreml
