#include "ops/pool.hpp"

#include "backends/coreml/emission.hpp"

namespace lp::coreml {
namespace {

void emit_max_pool(Emission& emission, int id) {
  const Node& node = emission.node(id);
  const auto& pool = *node.op.as<op::MaxPool2d>();
  const Var x = emission.plain(node.inputs[0], emission.element(id));
  emission.set(id, mil::max_pool(emission.function(), node.name, x, pool.kernel, pool.stride, pool.padding));
}

}  // namespace

void add_pool_rules(Rules& rules) {
  rules.on<op::MaxPool2d>(emit_max_pool);
}

}  // namespace lp::coreml
