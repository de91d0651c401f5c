#include "backends/onednn/post_ops.hpp"

#include "base/error.hpp"
#include "ops/activation.hpp"

namespace lp::onednn {

Eltwise eltwise_of(const Op& op) {
  if (op.as<op::Silu>() != nullptr) return {dnnl::algorithm::eltwise_swish, 1.0F};
  if (op.as<op::Sigmoid>() != nullptr) return {dnnl::algorithm::eltwise_logistic};
  const auto* const gelu = op.as<op::Gelu>();
  if (gelu == nullptr) fail(Fault::internal, "{} is no activation", op.name());
  if (gelu->approximate == "tanh") return {dnnl::algorithm::eltwise_gelu_tanh};
  if (gelu->approximate == "sigmoid") return {dnnl::algorithm::eltwise_swish, 1.702F};
  return {dnnl::algorithm::eltwise_gelu_erf};
}

PostOps post_ops(Builder& b, int id, const std::function<View(int)>& term, bool sum) {
  PostOps out;
  dnnl::post_ops chain;
  for (const PostOp& step : b.epilogue(id).steps) {
    const int argument = DNNL_ARG_ATTR_MULTIPLE_POST_OP(chain.len()) | DNNL_ARG_SRC_1;
    if (step.kind == PostOp::Kind::activation) {
      const Eltwise eltwise = eltwise_of(b.graph()[step.node].op);
      chain.append_eltwise(eltwise.algorithm, eltwise.alpha, 0.0F);
    } else if (step.kind == PostOp::Kind::scale) {
      const std::int64_t width = b.graph()[step.node].shape.back().size.size();
      const dnnl::memory::desc scale({1, width}, dnnl::memory::data_type::f32, dnnl::memory::format_tag::ab);
      chain.append_binary(dnnl::algorithm::binary_mul, scale);
      out.fixed[argument] = b.weight(step.operand, {1, width}, scale);
    } else if (sum) {
      const View added = term(step.operand);
      chain.append_binary(dnnl::algorithm::binary_add, added.desc());
      out.reads.emplace_back(argument, added);
    }
  }
  out.attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  out.attributes.set_post_ops(chain);
  return out;
}

}  // namespace lp::onednn
