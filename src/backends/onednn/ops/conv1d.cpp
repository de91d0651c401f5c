#include "backends/onednn/kernels/frames.hpp"
#include "backends/onednn/post_ops.hpp"
#include "ops/conv.hpp"

#include <cstring>

namespace lp::onednn {
namespace {

using dnnl::memory;

/// The rows that each kernel position multiplies, side by side: [b * t, k * ci].
View frames_of(Builder& b, int id, const View& x, std::int64_t frames, const Framing& how) {
  const View wide = b.fresh(x.dtype, {x.dims[0], frames, how.taps * x.dims[2]});
  b.kernel(b.graph()[id].name, "frames", {x}, {wide},
           [=](const Bindings& at) { make_frames(how, x, at.pointer(x), wide, at.pointer(wide)); });
  return rows_of(wide);
}

/// A weight [co, ci, k] as the matrix [k * ci, co] in `type`.
memory kernel_matrix(const Builder& b, int id, DType type, const memory::desc& wanted) {
  const std::vector<std::int64_t> stored = sizes(b.graph()[id].shape);
  const std::int64_t co = stored[0], ci = stored[1], k = stored[2];
  const memory taps =
      b.weight(id, {k, ci, co}, {{k, ci, co}, data_type(type), memory::format_tag::abc}, {1, k, ci * k});
  if (!taps || b.graph()[id].op.as<Constant>() == nullptr)
    return taps ? memory(wanted, b.engine(), taps.get_data_handle()) : memory();
  memory matrix(wanted, b.engine());  // the store keeps weights, but nobody these
  std::memcpy(matrix.get_data_handle(), taps.get_data_handle(), wanted.get_size());
  return matrix;
}

/// One product of matrices, with all that is fused, on frames that are copied out of the sequence: one read
/// of each number for each kernel position, little beside co multiply-adds.
void conv1d(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const auto& how = *node.op.as<op::Conv1d>();
  const std::int64_t taps = b.graph()[node.inputs[1]].shape[2].size.size();
  const View sequence = b.dense(node.inputs[0]);
  const View x =
      frames_of(b, id, sequence, node.shape[1].size.size(), {taps, how.stride, how.padding, how.dilation});
  const int output = b.epilogue(id).output;
  std::optional<View> term;
  for (const PostOp& step : b.epilogue(id).steps)
    if (step.kind == PostOp::Kind::add) term = b.rows(step.operand);
  const View y = b.levels_of(output)
                     ? rows_of(b.fresh(b.real_type_of(output), sizes(b.graph()[output].shape)))
                     : b.make_rows(output);
  PostOps post = post_ops(b, id, 2, [&](int) { return *term; });
  const memory::desc weight({x.dims[1], y.dims[1]}, data_type(x.dtype), memory::format_tag::ab);
  const bool has_bias = node.inputs.size() > 2 && node.inputs[2] >= 0;
  const memory::desc bias = has_bias
                                ? memory::desc({1, y.dims[1]}, memory::data_type::f32, memory::format_tag::ab)
                                : memory::desc();
  const dnnl::matmul::primitive_desc plan(b.engine(), x.desc(), weight, bias, y.desc(), post.attributes);
  std::unordered_map<int, memory> fixed = std::move(post.fixed);
  fixed[DNNL_ARG_WEIGHTS] = kernel_matrix(b, node.inputs[1], x.dtype, weight);
  if (has_bias) fixed[DNNL_ARG_BIAS] = b.weight(node.inputs[2], {1, y.dims[1]}, bias);
  post.reads.emplace_back(DNNL_ARG_SRC, x);
  b.primitive(id, plan.impl_info_str(), dnnl::matmul(plan), plan.scratchpad_desc(), std::move(post.reads),
              {{DNNL_ARG_DST, y}}, std::move(fixed));
  if (b.levels_of(output)) quantize_kernel(b, b.graph()[output].name, y, b.make_rows(output));
}

}  // namespace

void add_conv1d_rules(Rules& rules) {
  rules.on<op::Conv1d>({.lower = conv1d});
}

}  // namespace lp::onednn
