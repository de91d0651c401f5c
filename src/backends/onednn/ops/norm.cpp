#include "ops/norm.hpp"

#include "backends/onednn/builder.hpp"
#include "backends/onednn/kernels/norm.hpp"

namespace lp::onednn {
namespace {

/// Weights of a norm are f32 whatever the values are.
dnnl::memory vector_of(Builder& b, int id) {
  const std::int64_t size = elements(b.graph()[id].shape);
  return b.weight(id, {size}, {{size}, dnnl::memory::data_type::f32, dnnl::memory::format_tag::a});
}

const float* data(const dnnl::memory& memory) {
  return static_cast<const float*>(memory.get_data_handle());
}

void lower_layer_norm(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const View x = b.rows(node.inputs[0]);
  const View y = b.make_rows(id);
  const dnnl::memory weight = vector_of(b, node.inputs[1]), bias = vector_of(b, node.inputs[2]);
  b.kernel(node.name, "layer_norm", {x}, {y},
           [=, epsilon = node.op.as<op::LayerNorm>()->epsilon](const Bindings& memory) {
             layer_norm(epsilon, x, memory.pointer(x), data(weight), data(bias), y, memory.pointer(y));
           });
}

void lower_l2_normalize(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const View x = b.rows(node.inputs[0]);
  const View y = b.make_rows(id);
  b.kernel(node.name, "l2_normalize", {x}, {y},
           [=, epsilon = node.op.as<op::L2Normalize>()->epsilon](const Bindings& memory) {
             l2_normalize(epsilon, x, memory.pointer(x), y, memory.pointer(y));
           });
}

void lower_log_range(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const View x = b.dense(node.inputs[0]);
  const View y = b.make(id, false);
  b.kernel(node.name, "log_range", {x}, {y}, [=, how = *node.op.as<op::LogRange>()](const Bindings& memory) {
    log_range(how.floor, how.range, x, memory.pointer(x), y, memory.pointer(y));
  });
}

}  // namespace

void add_norm_rules(Rules& rules) {
  rules.on<op::LayerNorm>({.lower = lower_layer_norm});
  rules.on<op::L2Normalize>({.lower = lower_l2_normalize});
  rules.on<op::LogRange>({.lower = lower_log_range});
}

}  // namespace lp::onednn
