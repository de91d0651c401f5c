#include "ops/conv.hpp"

#include "backends/onednn/post_ops.hpp"
#include "ops/shape.hpp"

namespace lp::onednn {
namespace {

using dnnl::memory;

/// Weights as oneDNN takes them: [co, ci, kh, kw], or [g, co/g, ci/g, kh, kw] for groups.
std::vector<std::int64_t> kernel_dims(const Shape& weight, std::int64_t groups) {
  std::vector<std::int64_t> dims = sizes(weight);
  if (groups == 1) return dims;
  dims[0] /= groups;
  dims.insert(dims.begin(), groups);
  return dims;
}

void conv2d(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const auto& how = *node.op.as<op::Conv2d>();
  const bool has_bias = node.inputs.size() > 2 && node.inputs[2] >= 0;
  const View x = b.dense(node.inputs[0]);
  PostOps post = post_ops(b, id, [](View term) { return term; });
  const View y = b.make(b.epilogue(id).output, false);

  const std::vector<std::int64_t> dims = kernel_dims(b.graph()[node.inputs[1]].shape, how.groups);
  const memory::desc any_weight(dims, data_type(x.dtype), memory::format_tag::any);
  const memory::desc bias =
      has_bias ? memory::desc({y.dims[1]}, memory::data_type::f32, memory::format_tag::x) : memory::desc();
  const memory::dims stride = {how.stride, how.stride}, dilation = {how.dilation - 1, how.dilation - 1},
                     padding = {how.padding, how.padding};
  const dnnl::convolution_forward::primitive_desc plan(
      b.engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, x.desc(),
      any_weight, bias, y.desc(), stride, dilation, padding, padding, post.attributes);

  std::unordered_map<int, memory> fixed = {
      {DNNL_ARG_WEIGHTS, b.weight(node.inputs[1], dims, plan.weights_desc())}};
  if (has_bias) fixed[DNNL_ARG_BIAS] = b.weight(node.inputs[2], {y.dims[1]}, bias);
  post.reads.emplace_back(DNNL_ARG_SRC, x);
  b.primitive(id, plan.impl_info_str(), dnnl::convolution_forward(plan), plan.scratchpad_desc(),
              std::move(post.reads), {{DNNL_ARG_DST, y}}, std::move(fixed));
}

}  // namespace

void add_conv_rules(Rules& rules) {
  rules.on<op::Conv2d>({.lower = conv2d});
}

}  // namespace lp::onednn
