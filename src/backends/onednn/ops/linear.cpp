#include "ops/linear.hpp"

#include "backends/onednn/linear_layer.hpp"
#include "backends/onednn/post_ops.hpp"

namespace lp::onednn {
namespace {

using dnnl::memory;

/// A primitive for a layer, and what it reads and writes.
struct Form {
  std::string kernel;
  dnnl::primitive primitive;
  memory::desc scratch;
  PostOps post;
  View x, y;
  memory::dims weight_dims, weight_strides;  // of the stored weight, as the primitive sees it
  memory::desc weight, bias;
};

std::optional<View> added_rows(Builder& b, int id) {
  for (const PostOp& step : b.epilogue(id).steps)
    if (step.kind == PostOp::Kind::add) return b.rows(step.operand);
  return {};
}

memory::desc bias_desc(const LinearLayer& layer, const memory::dims& dims) {
  return layer.has_bias ? memory::desc(dims, memory::data_type::f32, row_major(dims)) : memory::desc();
}

Form as_matmul(Builder& b, const LinearLayer& layer) {
  const std::int64_t in = layer.x.dims[1], out = layer.y.dims[1];
  Form form{.x = layer.x, .y = layer.y, .weight_dims = {in, out}, .weight_strides = {1, in}};
  form.post = post_ops(b, layer.id, 2, [&](int) { return *layer.term; });
  form.bias = bias_desc(layer, {1, out});
  const memory::desc any_weight(form.weight_dims, data_type(form.x.dtype), memory::format_tag::any);
  const dnnl::matmul::primitive_desc plan(b.engine(), form.x.desc(), any_weight, form.bias, form.y.desc(),
                                          form.post.attributes);
  form.kernel = plan.impl_info_str();
  form.primitive = dnnl::matmul(plan);
  form.scratch = plan.scratchpad_desc();
  form.weight = plan.weights_desc();
  return form;
}

/// [rows, d] as a picture [1, d, 1, rows] of as many pixels, channels last.
View as_pixels(const View& rows) {
  const std::int64_t count = rows.dims[0], step = rows.strides[0];
  View view = rows;
  view.dims = {1, rows.dims[1], 1, count};
  view.strides = {count * step, 1, count * step, step};
  return view;
}

/// oneDNN's matrix products are made for AVX-512. Before it they are general ones ("gemm:jit:f32"): a weight
/// is a matrix like any other to them, packed at each call.
bool packs_at_each_call(const Form& product) {
  return product.kernel.starts_with("gemm");
}

/// The same sums as a convolution by one pixel, for which oneDNN has a kernel for AVX and AVX2 that reads a
/// weight packed once: 1.0 to 2.1 times as fast as the general product with one thread (oneDNN 3.2 on Zen 3,
/// 2026-11-25, the layers of MiniLM, ViT and CLIP). Its other kernel, brgconv_1x1:avx2, is no faster and
/// wants the weight in another form for another number of rows. Nothing where that kernel is not there or `b`
/// calls it too slow.
std::optional<Form> as_convolution(Builder& b, const LinearLayer& layer) {
  const std::int64_t in = layer.x.dims[1], out = layer.y.dims[1];
  Form form{.x = as_pixels(layer.x),
            .y = as_pixels(layer.y),
            .weight_dims = {out, in, 1, 1},
            .weight_strides = {in, 1, 1, 1}};
  form.post = post_ops(b, layer.id, 4, [&](int) { return as_pixels(*layer.term); });
  form.bias = bias_desc(layer, {out});
  const memory::desc any_weight(form.weight_dims, data_type(form.x.dtype), memory::format_tag::any);
  constexpr bool may_fail = true;
  dnnl::convolution_forward::primitive_desc plan(
      b.engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, form.x.desc(),
      any_weight, form.bias, form.y.desc(), {1, 1}, {0, 0}, {0, 0}, form.post.attributes, may_fail);
  for (bool more = bool(plan); more; more = plan.next_impl()) {
    form.kernel = plan.impl_info_str();
    if (!form.kernel.starts_with("jit_1x1:avx") || b.too_slow(form.kernel)) continue;
    form.primitive = dnnl::convolution_forward(plan);
    form.scratch = plan.scratchpad_desc();
    form.weight = plan.weights_desc();
    return form;
  }
  return {};
}

/// The layer of levels with a quantized weight: products and sums in whole numbers, by a convolution by one
/// pixel, which oneDNN has for all that multiply 8-bit numbers.
void add_of_levels(Builder& b, const LinearLayer& layer) {
  const Node& node = b.graph()[layer.id];
  const std::int64_t in = layer.x.dims[1], out = layer.y.dims[1];
  const View x = as_pixels(layer.x), y = as_pixels(layer.y);
  PostOps post = post_ops(b, layer.id, 4, [&](int) { return as_pixels(*layer.term); });
  if (x.levels) set_levels(b, post, DNNL_ARG_SRC, *x.levels);
  if (y.levels) set_levels(b, post, DNNL_ARG_DST, *y.levels);
  post.attributes.set_scales_mask(DNNL_ARG_WEIGHTS, 1);  // one for each output channel
  post.fixed[DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS] = b.weight_scales(node.inputs[1]);
  const memory::desc any_weight({out, in, 1, 1}, memory::data_type::s8, memory::format_tag::any);
  const memory::desc bias = bias_desc(layer, {out});
  const dnnl::convolution_forward::primitive_desc plan(
      b.engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, x.desc(),
      any_weight, bias, y.desc(), {1, 1}, {0, 0}, {0, 0}, post.attributes);
  post.fixed[DNNL_ARG_WEIGHTS] = b.weight_levels(node.inputs[1], {out, in, 1, 1}, plan.weights_desc());
  if (layer.has_bias) post.fixed[DNNL_ARG_BIAS] = b.weight(node.inputs[2], {out}, bias);
  post.reads.emplace_back(DNNL_ARG_SRC, x);
  b.primitive(layer.id, plan.impl_info_str(), dnnl::convolution_forward(plan), plan.scratchpad_desc(),
              std::move(post.reads), {{DNNL_ARG_DST, y}}, std::move(post.fixed));
}

/// The result of a layer in floating numbers, as rows: its node's own place, or, where the value is to be
/// rounded to levels, a buffer before that.
View result_of(Builder& b, int id) {
  const int output = b.epilogue(id).output;
  if (!b.levels_of(output)) return b.make_rows(output);
  return rows_of(b.fresh(b.real_type_of(output), sizes(b.graph()[output].shape)));
}

void add_of_numbers(Builder& b, const LinearLayer& layer) {
  const Node& node = b.graph()[layer.id];
  Form form = as_matmul(b, layer);
  if (packs_at_each_call(form))
    if (std::optional<Form> convolution = as_convolution(b, layer)) form = *std::move(convolution);
  std::unordered_map<int, memory> fixed = std::move(form.post.fixed);
  fixed[DNNL_ARG_WEIGHTS] = b.weight(node.inputs[1], form.weight_dims, form.weight, form.weight_strides);
  if (layer.has_bias) fixed[DNNL_ARG_BIAS] = b.weight(node.inputs[2], form.bias.get_dims(), form.bias);
  form.post.reads.emplace_back(DNNL_ARG_SRC, form.x);
  b.primitive(layer.id, form.kernel, form.primitive, form.scratch, std::move(form.post.reads),
              {{DNNL_ARG_DST, form.y}}, std::move(fixed));
}

void lower_linear(Builder& b, int id) {
  const std::vector<int>& inputs = b.graph()[id].inputs;
  const bool has_bias = inputs.size() > 2 && inputs[2] >= 0;
  const int output = b.epilogue(id).output;
  const std::optional<View> term = added_rows(b, id);
  const bool alike = smoothing_of(b.graph()[inputs[0]]).has_value() == b.is_smoothed(inputs[1]);
  if (b.levels_of(inputs[0]) && b.is_quantized(inputs[1]) && alike)
    return add_of_levels(b, {id, rows_of(b.stored(inputs[0])), term, b.make_rows(output), has_bias});
  const View x = b.rows(inputs[0]), y = result_of(b, id);
  const LinearLayer layer{id, x, term, y, has_bias};
  has_few_rows(b, layer) ? add_of_few_rows(b, layer) : add_of_numbers(b, layer);
  if (b.levels_of(output)) quantize_kernel(b, b.graph()[output].name, y, b.make_rows(output));
}

}  // namespace

void add_linear_rules(Rules& rules) {
  rules.on<op::Linear>({.lower = lower_linear});
}

}  // namespace lp::onednn
