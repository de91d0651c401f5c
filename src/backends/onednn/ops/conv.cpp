#include "ops/conv.hpp"

#include "backends/onednn/builder.hpp"
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
  const Epilogue& epilogue = b.epilogue(id);
  const bool has_bias = node.inputs.size() > 2 && node.inputs[2] >= 0;
  const View x = b.dense(node.inputs[0]);
  const std::optional<View> residual =
      epilogue.residual < 0 ? std::nullopt : std::optional(b.dense(epilogue.residual));
  const View y = b.make(epilogue.output, false);

  dnnl::post_ops post;
  if (epilogue.silu) post.append_eltwise(dnnl::algorithm::eltwise_swish, 1.0F, 0.0F);
  if (residual) post.append_binary(dnnl::algorithm::binary_add, residual->desc());
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  attributes.set_post_ops(post);

  const std::vector<std::int64_t> dims = kernel_dims(b.graph()[node.inputs[1]].shape, how.groups);
  const memory::desc any_weight(dims, data_type(x.dtype), memory::format_tag::any);
  const memory::desc bias =
      has_bias ? memory::desc({y.dims[1]}, memory::data_type::f32, memory::format_tag::x) : memory::desc();
  const memory::dims stride = {how.stride, how.stride}, dilation = {how.dilation - 1, how.dilation - 1},
                     padding = {how.padding, how.padding};
  const dnnl::convolution_forward::primitive_desc plan(
      b.engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, x.desc(),
      any_weight, bias, y.desc(), stride, dilation, padding, padding, attributes);

  std::unordered_map<int, memory> fixed = {
      {DNNL_ARG_WEIGHTS, b.weight(node.inputs[1], dims, plan.weights_desc())}};
  if (has_bias) fixed[DNNL_ARG_BIAS] = b.weight(node.inputs[2], {y.dims[1]}, bias);
  std::vector<std::pair<int, View>> reads = {{DNNL_ARG_SRC, x}};
  if (residual) {
    const int position = epilogue.silu ? 1 : 0;
    reads.emplace_back(DNNL_ARG_ATTR_MULTIPLE_POST_OP(position) | DNNL_ARG_SRC_1, *residual);
  }
  b.primitive(id, plan.impl_info_str(), dnnl::convolution_forward(plan), plan.scratchpad_desc(),
              std::move(reads), {{DNNL_ARG_DST, y}}, std::move(fixed));
}

}  // namespace

void add_conv_rules(Rules& rules) {
  rules.on<op::Conv2d>({.lower = conv2d});
}

}  // namespace lp::onednn
