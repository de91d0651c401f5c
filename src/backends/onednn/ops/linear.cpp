#include "ops/linear.hpp"

#include "backends/onednn/post_ops.hpp"

namespace lp::onednn {
namespace {

using dnnl::memory;

void lower_linear(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const bool has_bias = node.inputs.size() > 2 && node.inputs[2] >= 0;
  const View x = b.rows(node.inputs[0]);
  PostOps post = post_ops(b, id, [&](int term) { return b.rows(term); });
  const View y = b.make_rows(b.epilogue(id).output);

  const std::int64_t in = x.dims[1], out = y.dims[1];
  const memory::desc any_weight({in, out}, data_type(x.dtype), memory::format_tag::any);
  const memory::desc bias =
      has_bias ? memory::desc({1, out}, memory::data_type::f32, memory::format_tag::ab) : memory::desc();
  const dnnl::matmul::primitive_desc plan(b.engine(), x.desc(), any_weight, bias, y.desc(), post.attributes);
  std::unordered_map<int, memory> fixed = std::move(post.fixed);
  fixed[DNNL_ARG_WEIGHTS] = b.weight(node.inputs[1], {in, out}, plan.weights_desc(), {1, in});
  if (has_bias) fixed[DNNL_ARG_BIAS] = b.weight(node.inputs[2], {1, out}, bias);
  post.reads.emplace_back(DNNL_ARG_SRC, x);
  b.primitive(id, plan.impl_info_str(), dnnl::matmul(plan), plan.scratchpad_desc(), std::move(post.reads),
              {{DNNL_ARG_DST, y}}, std::move(fixed));
}

}  // namespace

void add_linear_rules(Rules& rules) {
  rules.on<op::Linear>({.lower = lower_linear});
}

}  // namespace lp::onednn
