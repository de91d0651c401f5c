#include "ops/resize.hpp"

#include "backends/onednn/builder.hpp"
#include "backends/onednn/kernels/resize_nearest.hpp"

namespace lp::onednn {

void add_resize_rules(Rules& rules) {
  rules.on<op::ResizeNearest>(
      {.lower =
           [](Builder& b, int id) {
             const std::int64_t factor = b.graph()[id].op.as<op::ResizeNearest>()->factor;
             const View x = b.dense(b.graph()[id].inputs[0]);
             const View* const place = b.target(id);
             const View y = b.make(id, place != nullptr && place->strides[1] == 1);
             b.kernel(b.graph()[id].name, "resize_nearest", {x}, {y}, [=](const Bindings& memory) {
               resize_nearest(factor, x, memory.pointer(x), y, memory.pointer(y));
             });
           },
       .strided_output = true});
}

}  // namespace lp::onednn
