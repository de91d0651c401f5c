#include "ops/detection.hpp"

#include "backends/onednn/builder.hpp"
#include "backends/onednn/kernels/dfl_boxes.hpp"
#include "base/error.hpp"

namespace lp::onednn {
namespace {

void lower_dfl_boxes(Builder& b, int id) {
  const auto& how = *b.graph()[id].op.as<op::DflBoxes>();
  const View x = b.dense(b.graph()[id].inputs[0]);
  const View y = b.make(id, true);
  if (x.dtype != DType::f32 || y.dtype != DType::f32)
    fail(Fault::unsupported, "dfl_boxes `{}`: it is computed in f32 only, not {} -> {}", b.graph()[id].name,
         name(x.dtype), name(y.dtype));
  b.kernel(b.graph()[id].name, "dfl_boxes", {x}, {y},
           [x, y, bins = how.bins, stride = static_cast<float>(how.stride)](const Bindings& memory) {
             dfl_boxes(bins, stride, x, reinterpret_cast<const float*>(memory.pointer(x)), y,
                       reinterpret_cast<float*>(memory.pointer(y)));
           });
}

}  // namespace

void add_detection_rules(Rules& rules) {
  rules.on<op::DflBoxes>({.lower = lower_dfl_boxes, .strided_output = true});
}

}  // namespace lp::onednn
