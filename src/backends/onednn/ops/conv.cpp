#include "ops/conv.hpp"

#include "backends/onednn/kernels/conv.hpp"
#include "backends/onednn/kernels/pixel_shuffle.hpp"
#include "backends/onednn/post_ops.hpp"
#include "ops/activation.hpp"
#include "ops/shape.hpp"

#include <algorithm>

namespace lp::onednn {
namespace {

using dnnl::memory;

bool has_bias(const Node& node) {
  return node.inputs.size() > 2 && node.inputs[2] >= 0;
}

/// Weights as oneDNN takes them: [co, ci, kh, kw], or [g, co/g, ci/g, kh, kw] for groups.
std::vector<std::int64_t> kernel_dims(const Shape& weight, std::int64_t groups) {
  std::vector<std::int64_t> dims = sizes(weight);
  if (groups == 1) return dims;
  dims[0] /= groups;
  dims.insert(dims.begin(), groups);
  return dims;
}

/// A convolution as the graph asks for it.
struct Job {
  int id;
  op::Conv2d how;
  View x, y;
  std::vector<std::int64_t> dims;          // of the weight
  memory::desc bias;                       // empty without one
  std::vector<std::int64_t> strides = {};  // of the stored weight; empty: row-major
};

/// The value that is added to the result, or nothing.
std::optional<View> residual_of(Builder& b, int id) {
  for (const PostOp& step : b.epilogue(id).steps)
    if (step.kind == PostOp::Kind::add) return b.dense(step.operand);
  return {};
}

bool relu_follows_sum(const Epilogue& epilogue) {
  const auto sum = std::ranges::find(epilogue.steps, PostOp::Kind::add, &PostOp::kind);
  return std::any_of(sum, epilogue.steps.end(),
                     [](const PostOp& step) { return step.kind == PostOp::Kind::activation; });
}

PostOps epilogue_of(Builder& b, int id, bool sum) {
  return post_ops(b, id, 4, [&](int term) { return b.dense(term); }, sum);
}

/// oneDNN's best kernel for the convolution and what is done to its result.
dnnl::convolution_forward::primitive_desc best(const Builder& b, const Job& job, const PostOps& post,
                                               DType weight) {
  const memory::desc any_weight(job.dims, data_type(weight), memory::format_tag::any);
  const op::Conv2d& how = job.how;
  const memory::dims stride = {how.stride, how.stride}, dilation = {how.dilation - 1, how.dilation - 1},
                     padding = {how.padding, how.padding};
  return {b.engine(),
          dnnl::prop_kind::forward_inference,
          dnnl::algorithm::convolution_direct,
          job.x.desc(),
          any_weight,
          job.bias,
          job.y.desc(),
          stride,
          dilation,
          padding,
          padding,
          post.attributes};
}

memory bias_of(const Builder& b, const Job& job) {
  return !job.bias.is_zero() ? b.weight(b.graph()[job.id].inputs[2], {job.y.dims[1]}, job.bias) : memory();
}

void add_primitive(Builder& b, const Job& job, const dnnl::convolution_forward::primitive_desc& plan,
                   PostOps post) {
  const Node& node = b.graph()[job.id];
  std::unordered_map<int, memory> fixed = {
      {DNNL_ARG_WEIGHTS, b.weight(node.inputs[1], job.dims, plan.weights_desc(), job.strides)}};
  if (!job.bias.is_zero()) fixed[DNNL_ARG_BIAS] = bias_of(b, job);
  post.reads.emplace_back(DNNL_ARG_SRC, job.x);
  b.primitive(job.id, plan.impl_info_str(), dnnl::convolution_forward(plan), plan.scratchpad_desc(),
              std::move(post.reads), {{DNNL_ARG_DST, job.y}}, std::move(fixed));
}

/// Our own kernel, with all that is fused.
void add_own(Builder& b, const Job& job, const std::optional<View>& residual) {
  const Epilogue& epilogue = b.epilogue(job.id);
  const auto has = [&]<class Activation>(const Activation&) {
    return std::ranges::any_of(epilogue.steps, [&](const PostOp& step) {
      return step.kind == PostOp::Kind::activation && b.graph()[step.node].op.as<Activation>() != nullptr;
    });
  };
  const op::Conv2d& how = job.how;
  const Conv kernel({how.stride, how.padding, how.dilation, how.groups, has(op::Silu{}), has(op::Relu{})},
                    job.x, job.dims, job.y);
  const memory weight =
      b.weight(b.graph()[job.id].inputs[1], job.dims, Conv::weight_layout(job.dims), job.strides);
  const memory bias = bias_of(b, job);
  std::vector<View> reads = {job.x};
  if (residual) reads.push_back(*residual);
  b.kernel(
      b.graph()[epilogue.output].name, "conv", std::move(reads), {job.y},
      [kernel, weight, bias, x = job.x, y = job.y, residual](const Bindings& memory) {
        const auto floats = [&](const View& view) { return reinterpret_cast<float*>(memory.pointer(view)); };
        kernel.run({floats(x), static_cast<const float*>(weight.get_data_handle()),
                    bias ? static_cast<const float*>(bias.get_data_handle()) : nullptr,
                    residual ? floats(*residual) : nullptr, floats(y)});
      },
      b.graph().flops(job.id));
}

Job job_of(const Builder& b, int id, const View& x, const View& y) {
  const Node& node = b.graph()[id];
  const auto& how = *node.op.as<op::Conv2d>();
  const memory::desc bias = has_bias(node)
                                ? memory::desc({y.dims[1]}, memory::data_type::f32, memory::format_tag::x)
                                : memory::desc();
  return {id, how, x, y, kernel_dims(b.graph()[node.inputs[1]].shape, how.groups), bias};
}

/// A convolution of levels with a quantized weight: products and sums in whole numbers, all else as fused.
void conv2d_of_levels(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const View x = b.stored(node.inputs[0]);
  PostOps post = post_ops(b, id, 4, [&](int term) { return b.stored(term); });
  const View y = b.make(b.epilogue(id).output, false);
  const Job job = job_of(b, id, x, y);
  set_levels(b, post, DNNL_ARG_SRC, *x.levels);
  if (y.levels) set_levels(b, post, DNNL_ARG_DST, *y.levels);
  post.attributes.set_scales_mask(DNNL_ARG_WEIGHTS, 1);  // one for each output channel
  post.fixed[DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS] = b.weight_scales(node.inputs[1]);
  const auto plan = best(b, job, post, DType::i8);
  post.fixed[DNNL_ARG_WEIGHTS] = b.weight_levels(node.inputs[1], job.dims, plan.weights_desc());
  if (!job.bias.is_zero()) post.fixed[DNNL_ARG_BIAS] = bias_of(b, job);
  post.reads.emplace_back(DNNL_ARG_SRC, x);
  b.primitive(id, plan.impl_info_str(), dnnl::convolution_forward(plan), plan.scratchpad_desc(),
              std::move(post.reads), {{DNNL_ARG_DST, y}}, std::move(post.fixed));
}

/// The result of a convolution in floating numbers: its node's own place, or, where the value is to be
/// rounded to levels, a buffer before that.
View result_of(Builder& b, int id) {
  const int output = b.epilogue(id).output;
  if (!b.levels_of(output)) return b.make(output, false);
  return b.fresh(b.real_type_of(output), sizes(b.graph()[output].shape));
}

/// oneDNN's kernel with all that is fused; if that is slow, the one without the sum, and our sum; if that is
/// slow too, our own kernel, in f32.
void conv2d_of_numbers(Builder& b, int id, const View& y) {
  const View x = b.dense(b.graph()[id].inputs[0]);
  PostOps post = epilogue_of(b, id, true);
  const Job job = job_of(b, id, x, y);
  const auto fused = best(b, job, post, x.dtype);
  const std::optional<View> residual = residual_of(b, id);
  const bool f32 =
      x.dtype == DType::f32 && y.dtype == DType::f32 && (!residual || residual->dtype == DType::f32);
  if (!f32 || !b.too_slow(fused.impl_info_str())) return add_primitive(b, job, fused, std::move(post));
  if (!residual) return add_own(b, job, {});
  PostOps rest = epilogue_of(b, id, false);
  const auto unfused = best(b, job, rest, x.dtype);
  if (b.too_slow(unfused.impl_info_str()) || relu_follows_sum(b.epilogue(id)))
    return add_own(b, job, residual);
  add_primitive(b, job, unfused, std::move(rest));
  add_kernel(b, b.graph()[b.epilogue(id).output].name, y, *residual, y);
}

void conv2d(Builder& b, int id) {
  const std::vector<int>& inputs = b.graph()[id].inputs;
  const auto& how = *b.graph()[id].op.as<op::Conv2d>();
  if (how.groups == 1 && b.levels_of(inputs[0]) && b.is_quantized(inputs[1])) return conv2d_of_levels(b, id);
  const View y = result_of(b, id);
  conv2d_of_numbers(b, id, y);
  const int output = b.epilogue(id).output;
  if (b.levels_of(output)) quantize_kernel(b, b.graph()[output].name, y, b.make(output, false));
}

/// A transposed convolution as the graph asks for it.
struct Enlargement {
  int id;
  View x, y;
  std::int64_t k;  // side of the kernel
};

/// Row `i` of every pixel's k x k pixels as a product of matrices, for each row of the picture: x [n h, w,
/// ci] times weight [1, ci, k co]. The results lie next to each other in y, whose rows in between are other
/// products'.
struct RowProduct {
  View x, y;
  memory::dims weight_dims, weight_strides;
};

RowProduct row_product(const Enlargement& job, std::int64_t i) {
  const std::int64_t k = job.k, ci = job.x.dims[1], co = job.y.dims[1];
  const std::int64_t rows = job.x.dims[0] * job.x.dims[2], w = job.x.dims[3];
  RowProduct product{job.x, job.y, {1, ci, k * co}, {ci * k * k * co, k * k * co, 1}};
  product.x.dims = {rows, w, ci};
  product.x.strides = {w * ci, ci, 1};
  product.y.dims = {rows, w, k * co};
  product.y.strides = {k * k * w * co, k * co, 1};
  product.y.offset += i * k * w * co;
  return product;
}

/// The bias of a row product, [1, 1, k co]: co numbers, k times. Empty in a dry run.
memory repeated_bias(const Builder& b, const Enlargement& job, const memory::desc& wanted) {
  const std::int64_t co = job.y.dims[1];
  const memory bias = b.weight(b.graph()[job.id].inputs[2], {co},
                               memory::desc({co}, memory::data_type::f32, memory::format_tag::x));
  if (!bias) return {};
  memory repeated(wanted, b.engine());
  auto* const to = static_cast<float*>(repeated.get_data_handle());
  for (std::int64_t j = 0; j < job.k; ++j)
    std::copy_n(static_cast<const float*>(bias.get_data_handle()), co, to + j * co);
  return repeated;
}

/// k products that write straight into the result: 0.56 to 1.08 of the time of oneDNN's deconvolution, 0.67
/// to 0.99 of that of one convolution to k k co channels with a copy, and no memory between (medians of 60
/// runs, 2 threads, oneDNN 3.2 on Zen 3, 2026-11-26; k = 2, 64 to 320 channels at 80 x 80 and 40 x 40). False
/// where oneDNN has no fast kernel for them.
bool add_row_products(Builder& b, const Enlargement& job) {
  const Node& node = b.graph()[job.id];
  const std::int64_t ci = job.x.dims[1], co = job.y.dims[1], k = job.k;
  const RowProduct first = row_product(job, 0);
  const memory::desc weight(first.weight_dims, data_type(job.x.dtype), first.weight_strides);
  const memory::desc bias =
      has_bias(node) ? memory::desc({1, 1, k * co}, memory::data_type::f32, memory::dims{k * co, k * co, 1})
                     : memory::desc();
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  constexpr bool may_fail = true;
  const dnnl::matmul::primitive_desc plan(b.engine(), first.x.desc(), weight, bias, first.y.desc(),
                                          attributes, may_fail);
  if (!plan || b.too_slow(plan.impl_info_str())) return false;
  // [ci, co, k, k] as [ci, k, k, co]
  const memory all =
      b.weight(node.inputs[1], {ci, co, k, k},
               memory::desc({ci, co, k, k}, data_type(job.x.dtype), memory::dims{k * k * co, 1, k * co, co}));
  std::unordered_map<int, memory> fixed;
  if (has_bias(node)) fixed[DNNL_ARG_BIAS] = repeated_bias(b, job, bias);
  for (std::int64_t i = 0; i < k; ++i) {
    const RowProduct product = row_product(job, i);
    const auto skipped = static_cast<std::size_t>(i * k * co) * size_bytes(job.x.dtype);
    fixed[DNNL_ARG_WEIGHTS] =
        all ? memory(weight, b.engine(), static_cast<std::byte*>(all.get_data_handle()) + skipped) : memory();
    b.primitive(job.id, plan.impl_info_str(), dnnl::matmul(plan), plan.scratchpad_desc(),
                {{DNNL_ARG_SRC, product.x}}, {{DNNL_ARG_DST, product.y}}, fixed);
  }
  return true;
}

/// A convolution by one pixel to co k k channels, by oneDNN or by us, and a step that makes pixels of them.
void add_convolution_and_shuffle(Builder& b, const Enlargement& job) {
  const Node& node = b.graph()[job.id];
  const std::int64_t ci = job.x.dims[1], channels = job.y.dims[1] * job.k * job.k;
  const View wide = b.fresh(job.y.dtype, {job.x.dims[0], channels, job.x.dims[2], job.x.dims[3]});
  const Job convolution{job.id, {}, job.x, wide, {channels, ci, 1, 1}, {}, {1, channels, 1, 1}};
  PostOps none = epilogue_of(b, job.id, true);
  const auto plan = best(b, convolution, none, job.x.dtype);
  const bool f32 = job.x.dtype == DType::f32 && job.y.dtype == DType::f32;
  if (f32 && b.too_slow(plan.impl_info_str()))
    add_own(b, convolution, {});
  else
    add_primitive(b, convolution, plan, std::move(none));
  memory bias;
  if (has_bias(node))
    bias = b.weight(node.inputs[2], {job.y.dims[1]},
                    memory::desc({job.y.dims[1]}, memory::data_type::f32, memory::format_tag::x));
  b.kernel(node.name, "pixel_shuffle", {wide}, {job.y},
           [k = job.k, wide, bias, y = job.y](const Bindings& memory) {
             pixel_shuffle(k, wide, memory.pointer(wide),
                           bias ? static_cast<const float*>(bias.get_data_handle()) : nullptr, y,
                           memory.pointer(y));
           });
}

void conv_transpose2d(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const View x = b.dense(node.inputs[0]), y = b.make(id, false);
  const Enlargement job{id, x, y, b.graph()[node.inputs[1]].shape[2].size.size()};
  if (!add_row_products(b, job)) add_convolution_and_shuffle(b, job);
}

}  // namespace

void add_conv_rules(Rules& rules) {
  rules.on<op::Conv2d>({.lower = conv2d});
  rules.on<op::ConvTranspose2d>({.lower = conv_transpose2d});
}

}  // namespace lp::onednn
