#include "ops/spline.hpp"

#include "backends/reference/array.hpp"
#include "backends/spline.hpp"

namespace lp::reference {

void add_spline_rules(Rules& rules) {
  rules.on<op::RationalSpline>([](const Call& call) {
    const auto& spline = call.as<op::RationalSpline>();
    const Array &x = *call.in[0], &how = *call.in[1];
    const auto each = static_cast<std::size_t>(3 * spline.bins - 1);
    for (std::size_t i = 0; i < x.data.size(); ++i)
      call.out.data[i] = static_cast<float>(rational_spline(spline, static_cast<double>(x.data[i]),
                                                            std::span(how.data).subspan(i * each, each)));
  });
}

}  // namespace lp::reference
