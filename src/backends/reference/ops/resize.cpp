#include "ops/resize.hpp"

#include "backends/reference/array.hpp"

namespace lp::reference {
namespace {

void resize_nearest(const Call& call) {
  const std::int64_t factor = call.as<op::ResizeNearest>().factor;
  const Array& x = *call.in[0];
  Array& y = call.out;
  std::int64_t at = 0;
  for (std::int64_t plane = 0; plane < y.size(0) * y.size(1); ++plane)
    for (std::int64_t h = 0; h < y.size(2); ++h)
      for (std::int64_t w = 0; w < y.size(3); ++w)
        y[at++] = x[(plane * x.size(2) + h / factor) * x.size(3) + w / factor];
}

}  // namespace

void add_resize_rules(Rules& rules) {
  rules.on<op::ResizeNearest>(resize_nearest);
}

}  // namespace lp::reference
