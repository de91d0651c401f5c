#include "ops/spline.hpp"

#include "backends/onednn/builder.hpp"
#include "backends/spline.hpp"

namespace lp::onednn {
namespace {

/// In double, number by number: those of a text's durations, which are few.
void lower_spline(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const auto in_f32 = [&](int input) {
    View given = b.dense(input);
    if (given.dtype == DType::f32) return given;
    const View wide = b.fresh(DType::f32, given.dims);
    b.copy(b.graph()[input].name, given, wide);
    return wide;
  };
  const View x = in_f32(node.inputs[0]), how = in_f32(node.inputs[1]);
  const View y = b.make(id, false);
  const View made = y.dtype == DType::f32 ? y : b.fresh(DType::f32, y.dims);
  b.kernel(node.name, "rational_spline", {x, how}, {made},
           [=, spline = *node.op.as<op::RationalSpline>()](const Bindings& memory) {
             const auto* const from = reinterpret_cast<const float*>(memory.pointer(x));
             const auto* const given = reinterpret_cast<const float*>(memory.pointer(how));
             auto* const to = reinterpret_cast<float*>(memory.pointer(made));
             const std::int64_t each = 3 * spline.bins - 1;
#pragma omp parallel for schedule(static)
             for (std::int64_t i = 0; i < x.elements(); ++i)
               to[i] = static_cast<float>(rational_spline(
                   spline, static_cast<double>(from[i]), {given + i * each, static_cast<std::size_t>(each)}));
           });
  if (made.buffer != y.buffer) b.copy(node.name, made, y);
}

}  // namespace

void add_spline_rules(Rules& rules) {
  rules.on<op::RationalSpline>({.lower = lower_spline});
}

}  // namespace lp::onednn
