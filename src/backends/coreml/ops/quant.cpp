#include "ops/quant.hpp"

#include "backends/coreml/emission.hpp"
#include "backends/coreml/ops/smoothed_inputs.hpp"
#include "ops/linear.hpp"

#include <algorithm>
#include <array>

namespace lp::coreml {
namespace {

int smoothing_of(const Node& node) {
  return node.inputs.size() > 1 ? node.inputs[1] : -1;
}

/// The nearest of 256 levels, and back, which says that the layers behind may compute in 8 bits; whether Core
/// ML does, also where the value is moved before they read it, is for Core ML to decide.
Var rounded(mil::Function& function, const std::string& name, const Var& x, const op::Levels& levels) {
  const Element element = x.type.element;
  const Var scale = function.number(levels.scale, element);
  const auto middle = static_cast<std::uint8_t>(levels.zero);
  const Var zero = function.constant("zero", {.element = Element::u8}, std::as_bytes(std::span(&middle, 1)));
  const Var numbers = function.add("quantize", name,
                                   {{"input", {x}},
                                    {"zero_point", {zero}},
                                    {"scale", {scale}},
                                    {"output_dtype", {function.text("uint8")}}},
                                   {Element::u8, x.type.sizes});
  return function.add("dequantize", name, {{"input", {numbers}}, {"zero_point", {zero}}, {"scale", {scale}}},
                      {element, x.type.sizes});
}

void emit_quantize(Emission& emission, int id) {
  const Node& node = emission.node(id);
  mil::Function& function = emission.function();
  const op::Levels levels = node.op.as<op::Quantize>()->levels();
  // A finer scale would be no number of full precision in f16.
  constexpr float finest_half = 0x1p-14F;
  const Element element = levels.scale < finest_half ? Element::f32 : emission.element(id);
  const Form form = emission.form(node.inputs[0]);
  Var x = emission.get(node.inputs[0], form, element);
  const int smoothing = smoothing_of(node);
  if (smoothing >= 0)
    x = mil::elementwise(function, "mul", node.name, x, emission.get(smoothing, form, element));
  Var y = rounded(function, node.name, x, levels);
  if (smoothing >= 0 && smoothing_left_in(emission, id).empty())
    y = mil::elementwise(function, "real_div", node.name, y, emission.get(smoothing, form, element));
  emission.set(id, y, form);
}

}  // namespace

std::vector<float> smoothing_left_in(const Emission& emission, int id) {
  const Node& node = emission.node(id);
  const auto* const quantize = node.op.as<op::Quantize>();
  const int smoothing = quantize == nullptr ? -1 : smoothing_of(node);
  const std::vector<int>& readers = emission.readers(id);
  const auto takes_it = [&](int reader) {
    const Node& layer = emission.node(reader);
    return layer.op.as<op::Linear>() != nullptr && layer.inputs[0] == id &&
           emission.is_known(layer.inputs[1]);
  };
  const bool is_read_by_layers =
      static_cast<int>(readers.size()) == emission.uses(id) && std::ranges::all_of(readers, takes_it);
  if (smoothing < 0 || !emission.is_known(smoothing) || !is_read_by_layers) return {};
  return emission.numbers(smoothing);
}

void add_quant_rules(Rules& rules) {
  rules.on<op::Quantize>(emit_quantize);
}

}  // namespace lp::coreml
