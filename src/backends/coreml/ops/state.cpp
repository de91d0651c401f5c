#include "ops/state.hpp"

#include "backends/coreml/emission.hpp"
#include "backends/coreml/ops/row_masks.hpp"

#include <fmt/format.h>

namespace lp::coreml {
namespace {

/// Rows of `x` in a state's place from its first one on, zeros behind them.
Var from_first_row(mil::Function& function, const std::string& name, const Var& x, std::int64_t capacity) {
  const std::int64_t missing = capacity - x.size(3);
  if (missing == 0) return x;
  Type type = x.type;
  type.sizes[3] = capacity;
  return function.add("pad", name,
                      {{"x", {x}},
                       {"pad", {function.integers(Sizes{0, 0, 0, 0, 0, 0, 0, missing})}},
                       {"mode", {function.text("constant")}},
                       {"constant_val", {function.number(0, x.type.element)}}},
                      type);
}

/// Row `at` + i of a state for row i of x, and where those rows are: nothing that the Neural Engine lacks,
/// which a slice that begins where the caller says is (apple/coremltools issue 2716 and others).
Var with_rows(Emission& emission, const Node& node, const Var& before, const Var& x) {
  mil::Function& function = emission.function();
  const std::int64_t count = x.size(3), capacity = before.size(3);
  const int at = node.inputs[2];
  const std::string key = fmt::format("rows {} {} {}", at, count, capacity);
  // Which row of x each row of the state would be.
  const Var place = emission.once(key, [&] {
    const Var given = emission.indices(at);
    const Var first = mil::reshape(function, "first_row", given, {given.size(0), 1, 1, 1});
    return mil::elementwise(function, "sub", "place", row_numbers(emission, capacity, 3), first);
  });
  if (count == 1 || before.size(0) != 1) {  // row by row
    Var after = before;
    for (std::int64_t i = 0; i < count; ++i) {
      const Var here = emission.once(fmt::format("{} row {}", key, i), [&] {
        return mil::compare(function, "equal", "here", place, function.integer(i));
      });
      const Var row = count == 1 ? x : mil::slice(function, node.name, x, 3, i, 1);
      after = mil::select(function, node.name, here, row, after);
    }
    return after;
  }
  const Var here = emission.once(key + " here", [&] {
    const Var begun = mil::compare(function, "greater_equal", "begun", place, function.integer(0)),
              open = mil::compare(function, "less", "open", place, function.integer(count));
    return mil::compare(function, "logical_and", "here", begun, open);
  });
  const Var row = emission.once(key + " row", [&] {
    const Var least = mil::elementwise(function, "maximum", "row", place, function.integer(0)),
              within = mil::elementwise(function, "minimum", "row", least, function.integer(count - 1));
    return mil::reshape(function, "row", within, {capacity});
  });
  return mil::select(function, node.name, here, mil::gather(function, node.name, x, row, 3), before);
}

void emit_append(Emission& emission, int id) {
  const Node& node = emission.node(id);
  mil::Function& function = emission.function();
  const int state = node.inputs[0];
  const Element element = emission.element(id);
  const Var x = emission.channels(node.inputs[1], element);
  if (emission.node(state).op.as<StateValue>() != nullptr &&
      emission.state(state).kind == StateKind::written) {
    const std::int64_t capacity = emission.node(state).shape[1].size.size();
    emission.set(id, from_first_row(function, node.name, x, capacity), Form::channels);
    return;
  }
  emission.set(id, with_rows(emission, node, emission.channels(state, element), x), Form::channels);
}

}  // namespace

void add_state_rules(Rules& rules) {
  rules.on<op::Append>(emit_append);
}

}  // namespace lp::coreml
