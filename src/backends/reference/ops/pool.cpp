#include "ops/pool.hpp"

#include "backends/reference/array.hpp"

#include <algorithm>
#include <limits>

namespace lp::reference {
namespace {

void max_pool2d(const Call& call) {
  const auto& how = call.as<op::MaxPool2d>();
  const Array& x = *call.in[0];
  Array& y = call.out;
  std::int64_t at = 0;
  for (std::int64_t plane = 0; plane < y.size(0) * y.size(1); ++plane)
    for (std::int64_t oh = 0; oh < y.size(2); ++oh)
      for (std::int64_t ow = 0; ow < y.size(3); ++ow) {
        const std::int64_t top = oh * how.stride - how.padding, left = ow * how.stride - how.padding;
        float greatest = -std::numeric_limits<float>::infinity();
        for (std::int64_t h = std::max<std::int64_t>(top, 0); h < std::min(top + how.kernel, x.size(2)); ++h)
          for (std::int64_t w = std::max<std::int64_t>(left, 0); w < std::min(left + how.kernel, x.size(3));
               ++w)
            greatest = std::max(greatest, x[(plane * x.size(2) + h) * x.size(3) + w]);
        y[at++] = greatest;
      }
}

}  // namespace

void add_pool_rules(Rules& rules) {
  rules.on<op::MaxPool2d>(max_pool2d);
}

}  // namespace lp::reference
