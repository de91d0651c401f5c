#include "ops/resize.hpp"

#include "backends/coreml/emission.hpp"

namespace lp::coreml {
namespace {

void emit_resize_nearest(Emission& emission, int id) {
  const Node& node = emission.node(id);
  const Var x = emission.plain(node.inputs[0], emission.element(id));
  emission.set(id, mil::upsample(emission.function(), node.name, x, node.op.as<op::ResizeNearest>()->factor));
}

}  // namespace

void add_resize_rules(Rules& rules) {
  rules.on<op::ResizeNearest>(emit_resize_nearest);
}

}  // namespace lp::coreml
