#include "ops/state.hpp"

#include "backends/onednn/builder.hpp"
#include "backends/onednn/kernels/state.hpp"

namespace lp::onednn {
namespace {

void lower_append(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const View state = b.value(node.inputs[0]), at = b.value(node.inputs[2]);
  View x = b.dense(node.inputs[1]);
  const bool narrows = x.dtype == DType::f32 && state.dtype == DType::bf16;
  if (x.dtype != state.dtype && !narrows) {
    const View converted = b.fresh(state.dtype, x.dims);
    b.copy(node.name, x, converted);
    x = converted;
  }
  b.kernel(node.name, "append", {x, at, state}, {state}, [=, name = node.name](const Bindings& memory) {
    append_rows(name, x, memory.pointer(x), memory.indices(at), state, memory.pointer(state));
  });
  b.alias(id, state);
}

void lower_reorder(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const View state = b.value(node.inputs[0]), rows = b.value(node.inputs[1]);
  const View copy = b.fresh(state.dtype, state.dims);
  b.kernel(node.name, "reorder", {state, rows}, {state, copy}, [=, name = node.name](const Bindings& memory) {
    reorder_rows(name, memory.indices(rows), state, memory.pointer(state), memory.pointer(copy));
  });
  b.alias(id, state);
}

}  // namespace

void add_state_rules(Rules& rules) {
  rules.on<op::Append>({.lower = lower_append});
  rules.on<op::Reorder>({.lower = lower_reorder});
}

}  // namespace lp::onednn
