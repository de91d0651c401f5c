#include "nn/layers.hpp"

#include "base/error.hpp"
#include "ops/activation.hpp"
#include "ops/attention.hpp"
#include "ops/conv.hpp"
#include "ops/detection.hpp"
#include "ops/elementwise.hpp"
#include "ops/linear.hpp"
#include "ops/norm.hpp"
#include "ops/pool.hpp"
#include "ops/resize.hpp"
#include "ops/rows.hpp"
#include "ops/shaping.hpp"

namespace lp::nn {

Tensor operator+(Tensor x, Tensor y) {
  return apply(op::Add{}, {x, y});
}

Tensor multiply(Tensor x, Tensor y) {
  return apply(op::Multiply{}, {x, y});
}

Tensor gelu(Tensor x, const std::string& approximate) {
  return apply(op::Gelu{approximate}, {x});
}

Tensor constant(Graph& graph, const std::string& name, const Shape& shape, std::vector<float> values,
                Here at) {
  LP_ASSERT(static_cast<std::int64_t>(values.size()) == elements(shape));
  const int id =
      graph.add(Constant{std::make_shared<const std::vector<float>>(std::move(values))}, {}, shape, name, at);
  return {&graph, id};
}

Tensor scaled(Tensor x, float factor) {
  return multiply(x, constant(*x.graph, x.name() + ".factor", {{"d", 1}}, {factor}));
}

Tensor leaky_relu(Tensor x, float slope) {
  return apply(op::LeakyRelu{slope}, {x});
}

Tensor tanh(Tensor x) {
  return apply(op::Tanh{}, {x});
}

Tensor exp(Tensor x) {
  return apply(op::Exp{}, {x});
}

Tensor gate(Tensor x, const std::string& of) {
  return apply(op::Gate{of}, {x});
}

Tensor silu(Tensor x) {
  return apply(op::Silu{}, {x});
}

Tensor relu(Tensor x) {
  return apply(op::Relu{}, {x});
}

Tensor sigmoid(Tensor x) {
  return apply(op::Sigmoid{}, {x});
}

Tensor concat(const std::vector<Tensor>& parts, const std::string& axis, Here at) {
  return apply(op::Concat{axis}, {parts.begin(), parts.end()}, "", at);
}

std::vector<Tensor> split(Tensor x, int parts, const std::string& axis, Here at) {
  const std::int64_t whole = x.size(axis).size();
  if (whole % parts != 0)
    fail(Fault::bad_model, "split: {} = {} does not divide by {} ({})", axis, whole, parts, text(at));
  const std::int64_t size = whole / parts;
  std::vector<Tensor> out;
  out.reserve(static_cast<std::size_t>(parts));
  for (int i = 0; i < parts; ++i) out.push_back(apply(op::Slice{axis, i * size, size}, {x}, "", at));
  return out;
}

Tensor flatten(Tensor x, const std::string& first, const std::string& last, const std::string& into,
               Here at) {
  return apply(op::Flatten{first, last, into}, {x}, "", at);
}

Tensor max_pool2d(Tensor x, std::int64_t kernel, std::int64_t stride, std::int64_t padding, Here at) {
  return apply(op::MaxPool2d{kernel, stride, padding}, {x}, "", at);
}

Tensor resize_nearest(Tensor x, std::int64_t factor, Here at) {
  return apply(op::ResizeNearest{factor}, {x}, "", at);
}

Tensor dfl_boxes(Tensor x, std::int64_t bins, std::int64_t stride, Here at) {
  return apply(op::DflBoxes{bins, stride}, {x}, "", at);
}

Tensor slice(Tensor x, const std::string& axis, std::int64_t from, std::int64_t size, Here at) {
  return apply(op::Slice{axis, from, size}, {x}, "", at);
}

Tensor unflatten(Tensor x, const std::string& axis, const std::string& first, std::int64_t size,
                 const std::string& second, Here at) {
  return apply(op::Unflatten{axis, first, second, size}, {x}, "", at);
}

Tensor transpose(Tensor x, const std::string& order, Here at) {
  return apply(op::Transpose{order}, {x}, "", at);
}

Tensor repeat(Tensor x, const std::string& axis, std::int64_t times, Here at) {
  return times == 1 ? x : apply(op::Repeat{axis, times}, {x}, "", at);
}

Tensor resize_cubic(Tensor x, std::int64_t height, std::int64_t width, bool antialias, Here at) {
  return apply(op::ResizeCubic{height, width, antialias ? 1 : 0}, {x}, "", at);
}

Tensor gather(Tensor table, Tensor ids, Here at) {
  return apply(op::Gather{}, {table, ids}, "", at);
}

Tensor take_row(Tensor x, Tensor row, Here at) {
  return apply(op::TakeRow{}, {x, row}, "", at);
}

Tensor mean_rows(Tensor x, std::optional<Tensor> length, Here at) {
  return apply(op::MeanRows{}, {x, length}, "", at);
}

Tensor mask_rows(Tensor x, Tensor length, std::int64_t times, Here at) {
  return apply(op::MaskRows{times}, {x, length}, "", at);
}

Tensor flip(Tensor x, const std::string& axis, Here at) {
  return apply(op::Flip{axis}, {x}, "", at);
}

Tensor l2_normalize(Tensor x, Here at) {
  return apply(op::L2Normalize{}, {x}, "", at);
}

Tensor attention(Tensor q, Tensor k, Tensor v, Attention how, std::optional<Tensor> length, Here at) {
  return apply(op::Attention{how.heads, how.causal ? 1 : 0}, {q, k, v, length}, "", at);
}

Tensor linear(Tensor x, Scope w, std::int64_t out, Here at) {
  const Tensor weight = w("weight", {{"o", out}, {"c", x.shape().back().size}}, at);
  const std::optional<Tensor> bias = w.maybe("bias", {{"o", out}}, at);
  return apply(op::Linear{}, {x, weight, bias}, w.path(), at);
}

Tensor layer_norm(Tensor x, Scope w, float epsilon, Here at) {
  const Dim width = x.shape().back().size;
  const Tensor weight = w("weight", {{"d", width}}, at), bias = w("bias", {{"d", width}}, at);
  return apply(op::LayerNorm{epsilon}, {x, weight, bias}, w.path(), at);
}

Tensor conv1d(Tensor x, Scope w, std::int64_t out, Conv1d how, Here at) {
  const Shape shape = {{"co", out}, {"ci", x.shape().back().size / how.groups}, {"k", how.kernel}};
  const Tensor kernel = w("weight", shape, at);
  const std::optional<Tensor> bias = w.maybe("bias", {{"co", out}}, at);
  const std::int64_t padding = how.padding < 0 ? how.dilation * (how.kernel - 1) / 2 : how.padding;
  return apply(op::Conv1d{how.stride, padding, how.dilation, how.groups}, {x, kernel, bias}, w.path(), at);
}

Tensor conv_transpose1d(Tensor x, Scope w, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                        Here at) {
  const Tensor weight = w("weight", {{"ci", x.shape().back().size}, {"co", out}, {"k", kernel}}, at);
  const std::optional<Tensor> bias = w.maybe("bias", {{"co", out}}, at);
  return apply(op::ConvTranspose1d{stride, (kernel - stride) / 2}, {x, weight, bias}, w.path(), at);
}

Tensor conv2d(Tensor x, Scope w, std::int64_t out, Conv how, Here at) {
  const Shape weight = {
      {"co", out}, {"ci", x.size("c") / how.groups}, {"kh", how.kernel}, {"kw", how.kernel}};
  const Tensor kernel = w("weight", weight, at);
  const std::optional<Tensor> bias = w.maybe("bias", {{"co", out}}, at);
  return apply(op::Conv2d{how.stride, how.padding < 0 ? how.kernel / 2 : how.padding, 1, how.groups},
               {x, kernel, bias}, w.path(), at);
}

Tensor conv_transpose2d(Tensor x, Scope w, std::int64_t out, std::int64_t factor, Here at) {
  const Tensor kernel = w("weight", {{"ci", x.size("c")}, {"co", out}, {"kh", factor}, {"kw", factor}}, at);
  const std::optional<Tensor> bias = w.maybe("bias", {{"co", out}}, at);
  return apply(op::ConvTranspose2d{}, {x, kernel, bias}, w.path(), at);
}

}  // namespace lp::nn
