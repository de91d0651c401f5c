#include "nn/layers.hpp"

#include "base/error.hpp"
#include "ops/activation.hpp"
#include "ops/conv.hpp"
#include "ops/detection.hpp"
#include "ops/elementwise.hpp"
#include "ops/pool.hpp"
#include "ops/resize.hpp"
#include "ops/shaping.hpp"

namespace lp::nn {

Tensor operator+(Tensor x, Tensor y) {
  return apply(op::Add{}, {x, y});
}

Tensor silu(Tensor x) {
  return apply(op::Silu{}, {x});
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

Tensor conv2d(Tensor x, Scope w, std::int64_t out, Conv how, Here at) {
  const Shape weight = {
      {"co", out}, {"ci", x.size("c") / how.groups}, {"kh", how.kernel}, {"kw", how.kernel}};
  const Tensor kernel = w("weight", weight, at);
  const std::optional<Tensor> bias = w.maybe("bias", {{"co", out}}, at);
  return apply(op::Conv2d{how.stride, how.kernel / 2, 1, how.groups}, {x, kernel, bias}, w.path(), at);
}

}  // namespace lp::nn
