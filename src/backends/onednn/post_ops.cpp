#include "backends/onednn/post_ops.hpp"

#include "base/error.hpp"
#include "ops/activation.hpp"

#include <algorithm>

namespace lp::onednn {

Eltwise eltwise_of(const Op& op) {
  if (op.as<op::Silu>() != nullptr) return {dnnl::algorithm::eltwise_swish, 1.0F};
  if (op.as<op::Relu>() != nullptr) return {dnnl::algorithm::eltwise_relu};
  if (op.as<op::Sigmoid>() != nullptr) return {dnnl::algorithm::eltwise_logistic};
  if (op.as<op::Tanh>() != nullptr) return {dnnl::algorithm::eltwise_tanh};
  if (op.as<op::Exp>() != nullptr) return {dnnl::algorithm::eltwise_exp};
  if (const auto* const leaky = op.as<op::LeakyRelu>(); leaky != nullptr)
    return {dnnl::algorithm::eltwise_relu, leaky->slope};
  const auto* const gelu = op.as<op::Gelu>();
  if (gelu == nullptr) fail(Fault::internal, "{} is no activation", op.name());
  if (gelu->approximate == "tanh") return {dnnl::algorithm::eltwise_gelu_tanh};
  if (gelu->approximate == "sigmoid") return {dnnl::algorithm::eltwise_swish, 1.702F};
  return {dnnl::algorithm::eltwise_gelu_erf};
}

namespace {

int source_of_next(const dnnl::post_ops& chain) {
  return DNNL_ARG_ATTR_MULTIPLE_POST_OP(chain.len()) | DNNL_ARG_SRC_1;
}

/// Adds a value. Levels have no scale there: y + (u - z) s is computed as (y / s + u) s - z s.
void append_sum(dnnl::post_ops& chain, const View& added, PostOps& out) {
  const auto& levels = added.levels;
  if (levels) chain.append_eltwise(dnnl::algorithm::eltwise_linear, 1.0F / levels->scale, 0.0F);
  out.reads.emplace_back(source_of_next(chain), added);
  chain.append_binary(dnnl::algorithm::binary_add, added.desc());
  if (levels)
    chain.append_eltwise(dnnl::algorithm::eltwise_linear, levels->scale,
                         -levels->scale * static_cast<float>(levels->zero));
}

/// What scales the last axis: a weight, or numbers that the graph knows.
dnnl::memory factors(const Builder& b, int id, const std::vector<std::int64_t>& dims,
                     const dnnl::memory::desc& wanted) {
  const auto* const constant = b.graph()[id].op.as<Constant>();
  if (constant == nullptr) return b.weight(id, dims, wanted);
  dnnl::memory memory(wanted, b.engine());
  std::ranges::copy(*constant->values, static_cast<float*>(memory.get_data_handle()));
  return memory;
}

}  // namespace

PostOps post_ops(Builder& b, int id, std::size_t rank, const std::function<View(int)>& term, bool sum) {
  PostOps out;
  dnnl::post_ops chain;
  for (const PostOp& step : b.epilogue(id).steps) {
    if (step.kind == PostOp::Kind::activation) {
      const Eltwise eltwise = eltwise_of(b.graph()[step.node].op);
      chain.append_eltwise(eltwise.algorithm, eltwise.alpha, 0.0F);
    } else if (step.kind == PostOp::Kind::factor) {
      chain.append_eltwise(dnnl::algorithm::eltwise_linear,
                           b.graph()[step.operand].op.as<Constant>()->values->front(), 0.0F);
    } else if (step.kind == PostOp::Kind::scale) {
      std::vector<std::int64_t> dims(rank, 1);
      dims[1] = b.graph()[step.node].shape.back().size.size();
      const dnnl::memory::desc scale(dims, dnnl::memory::data_type::f32, row_major(dims));
      out.fixed[source_of_next(chain)] = factors(b, step.operand, dims, scale);
      chain.append_binary(dnnl::algorithm::binary_mul, scale);
    } else if (step.kind == PostOp::Kind::add && sum) {
      append_sum(chain, term(step.operand), out);
    }
  }
  out.attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  out.attributes.set_post_ops(chain);
  return out;
}

void set_levels(const Builder& b, PostOps& post, int argument, const op::Levels& levels) {
  using dnnl::memory;
  post.attributes.set_scales_mask(argument, 0);
  post.attributes.set_zero_points_mask(argument, 0);
  memory scale({{1}, memory::data_type::f32, memory::format_tag::x}, b.engine());
  memory zero({{1}, memory::data_type::s32, memory::format_tag::x}, b.engine());
  *static_cast<float*>(scale.get_data_handle()) = levels.scale;
  *static_cast<std::int32_t*>(zero.get_data_handle()) = levels.zero;
  post.fixed[DNNL_ARG_ATTR_SCALES | argument] = scale;
  post.fixed[DNNL_ARG_ATTR_ZERO_POINTS | argument] = zero;
}

}  // namespace lp::onednn
