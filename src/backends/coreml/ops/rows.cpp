#include "ops/rows.hpp"

#include "backends/coreml/emission.hpp"
#include "backends/coreml/ops/row_masks.hpp"

namespace lp::coreml {
namespace {

void emit_gather(Emission& emission, int id) {
  const Node& node = emission.node(id);
  const int from = node.inputs[0];
  const Element element = emission.element(id);
  const Var table = emission.is_known(from)
                        ? emission.layer_weight(from, sizes(emission.node(from).shape), 0, element)
                        : emission.plain(from, element);
  emission.set(id, mil::gather(emission.function(), node.name, table, emission.indices(node.inputs[1]), 0));
}

void emit_take_row(Emission& emission, int id) {
  const Node& node = emission.node(id);
  mil::Function& function = emission.function();
  const Element element = emission.element(id);
  const std::vector<std::int64_t> own = sizes(emission.node(node.inputs[0]).shape);
  Var at = emission.indices(node.inputs[1]);
  if (own[0] == 1) {
    const Var row = mil::gather(function, node.name, emission.channels(node.inputs[0], element), at, 3);
    emission.set(id, mil::reshape(function, node.name, row, {1, own[2]}));
    return;
  }
  // Of several sequences all rows lie one after the other.
  const Var rows =
      mil::reshape(function, node.name, emission.plain(node.inputs[0], element), {own[0] * own[1], own[2]});
  std::vector<std::int32_t> firsts;
  firsts.reserve(static_cast<std::size_t>(own[0]));
  for (std::int64_t i = 0; i < own[0]; ++i) firsts.push_back(static_cast<std::int32_t>(i * own[1]));
  const Var first = function.constant("firsts", {Element::i32, {own[0]}}, std::as_bytes(std::span(firsts)));
  at = mil::elementwise(function, "add", node.name, at, first);
  emission.set(id, mil::gather(function, node.name, rows, at, 0));
}

void emit_mean_rows(Emission& emission, int id) {
  const Node& node = emission.node(id);
  mil::Function& function = emission.function();
  const Element element = emission.element(id);
  const Var x = emission.channels(node.inputs[0], element);
  const Sizes result = {x.size(0), x.size(1)};
  if (node.inputs.size() < 2 || node.inputs[1] < 0) {
    emission.set(id, mil::reshape(function, node.name,
                                  mil::reduce(function, "reduce_mean", node.name, x, {3}), result));
    return;
  }
  const Var length = emission.indices(node.inputs[1]);
  const Var mask = row_mask(emission, node.name, length, 1, x.size(3), element);
  // Each row's share before the sum, which half precision could not hold.
  const Var rows = mil::elementwise(function, "minimum", node.name, length, function.integer(x.size(3)));
  const Var some = mil::elementwise(function, "maximum", node.name, rows, function.integer(1));
  const Var count =
      mil::cast(function, node.name, mil::reshape(function, node.name, some, {x.size(0), 1, 1, 1}), element);
  const Var share = mil::elementwise(function, "real_div", node.name, mask, count);
  const Var parts = mil::elementwise(function, "mul", node.name, x, share);
  emission.set(id, mil::reshape(function, node.name,
                                mil::reduce(function, "reduce_sum", node.name, parts, {3}), result));
}

void emit_mask_rows(Emission& emission, int id) {
  const Node& node = emission.node(id);
  const Var x = emission.channels(node.inputs[0], emission.element(id));
  const Var mask = row_mask(emission, node.name, emission.indices(node.inputs[1]),
                            node.op.as<op::MaskRows>()->times, x.size(3), x.type.element);
  emission.set(id, mil::elementwise(emission.function(), "mul", node.name, x, mask), Form::channels);
}

}  // namespace

void add_row_rules(Rules& rules) {
  rules.on<op::Gather>(emit_gather);
  rules.on<op::TakeRow>(emit_take_row);
  rules.on<op::MeanRows>(emit_mean_rows);
  rules.on<op::MaskRows>(emit_mask_rows);
}

}  // namespace lp::coreml
