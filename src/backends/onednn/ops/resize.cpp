#include "ops/resize.hpp"

#include "backends/onednn/builder.hpp"
#include "backends/onednn/kernels/resize_nearest.hpp"
#include "base/error.hpp"

namespace lp::onednn {
namespace {

void lower_resize_nearest(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const std::int64_t factor = node.op.as<op::ResizeNearest>()->factor;
  const View x = b.stored(node.inputs[0]);
  const View* const place = b.target(id);
  const View y = b.make(id, place != nullptr && place->strides[1] == 1);
  if (x.dtype != y.dtype)
    fail(Fault::unsupported, "resize_nearest `{}`: it copies pixels, so it cannot make {} of {}", node.name,
         name(y.dtype), name(x.dtype));
  b.kernel(node.name, "resize_nearest", {x}, {y}, [=](const Bindings& memory) {
    resize_nearest(factor, x, memory.pointer(x), y, memory.pointer(y));
  });
}

}  // namespace

void add_resize_rules(Rules& rules) {
  rules.on<op::ResizeNearest>({.lower = lower_resize_nearest, .strided_output = true});
}

}  // namespace lp::onednn
