#include "backends/onednn/post_ops.hpp"
#include "ops/conv.hpp"

namespace lp::onednn {
namespace {

using dnnl::memory;

/// A transposed convolution as a plain one: the `stride` rows that begin at a row of x are the channels of
/// one row of the result, made of `taps` rows of x. What comes out is cut to the rows wanted where it lies.
struct Enlargement {
  std::int64_t rows, in, out, kernel, stride, padding;

  std::int64_t taps() const { return (kernel + stride - 1) / stride; }
  std::int64_t wide_rows() const { return rows + taps() - 1; }

  /// [ci, co, kernel] as [stride co, ci, taps]: tap t of the rows r is j = r + (taps - 1 - t) stride.
  std::vector<float> arranged(std::span<const float> weight) const {
    std::vector<float> made(static_cast<std::size_t>(stride * out * in * taps()));
    for (std::int64_t r = 0, to = 0; r < stride; ++r)
      for (std::int64_t co = 0; co < out; ++co)
        for (std::int64_t ci = 0; ci < in; ++ci)
          for (std::int64_t t = 0; t < taps(); ++t, ++to)
            if (const std::int64_t j = r + (taps() - 1 - t) * stride; j < kernel)
              made[static_cast<std::size_t>(to)] =
                  weight[static_cast<std::size_t>((ci * out + co) * kernel + j)];
    return made;
  }

  /// The bias of each of the `stride` rows.
  std::vector<float> repeated(std::span<const float> bias) const {
    std::vector<float> made;
    for (std::int64_t r = 0; r < stride; ++r) made.insert(made.end(), bias.begin(), bias.end());
    return made;
  }
};

/// oneDNN's convolution of pictures one pixel high.
void conv_transpose1d(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const auto& how = *node.op.as<op::ConvTranspose1d>();
  const View x = b.dense(node.inputs[0]);
  const std::vector<std::int64_t> kernel = sizes(b.graph()[node.inputs[1]].shape);
  const Enlargement job{x.dims[1], kernel[0], kernel[1], kernel[2], how.stride, how.padding};
  const std::int64_t images = x.dims[0], channels = job.stride * job.out;
  const View wide = b.fresh(b.type_of(id), {images, job.wide_rows(), channels});
  const memory::dims dims = {channels, job.in, 1, job.taps()};
  const View from = as_pictures(x), to = as_pictures(wide);
  const bool has_bias = node.inputs.size() > 2 && node.inputs[2] >= 0;
  const memory::desc bias =
      has_bias ? memory::desc({channels}, memory::data_type::f32, memory::format_tag::x) : memory::desc();
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::convolution_forward::primitive_desc plan(
      b.engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, from.desc(),
      {dims, data_type(x.dtype), memory::format_tag::any}, bias, to.desc(), {1, 1}, {0, 0},
      {0, job.taps() - 1}, {0, job.taps() - 1}, attributes);
  std::unordered_map<int, memory> fixed = {
      {DNNL_ARG_WEIGHTS,
       b.arranged_weight(
           node.inputs[1], [job](std::span<const float> weight) { return job.arranged(weight); }, dims,
           plan.weights_desc())}};
  if (has_bias)
    fixed[DNNL_ARG_BIAS] = b.arranged_weight(
        node.inputs[2], [job](std::span<const float> weight) { return job.repeated(weight); }, {channels},
        bias);
  b.primitive(id, plan.impl_info_str(), dnnl::convolution_forward(plan), plan.scratchpad_desc(),
              {{DNNL_ARG_SRC, from}}, {{DNNL_ARG_DST, to}}, std::move(fixed));
  View y = wide;
  y.dims = {images, node.shape[1].size.size(), job.out};
  y.strides = row_major(y.dims);
  if (images > 1) y.strides[0] = wide.strides[0];
  y.offset += job.padding * job.out;
  b.alias(id, y);
}

}  // namespace

void add_conv_transpose1d_rules(Rules& rules) {
  rules.on<op::ConvTranspose1d>({.lower = conv_transpose1d});
}

}  // namespace lp::onednn
