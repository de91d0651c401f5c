#include "ops/elementwise.hpp"

#include "backends/reference/array.hpp"

namespace lp::reference {
namespace {

/// For each element of x in turn, calls `element(position in x, position in y)`, y spread over x.
template <class Element>
void spread(const Array& x, const Array& y, Element element) {
  const std::size_t missing = x.shape.size() - y.shape.size();
  std::vector<std::int64_t> at(x.shape.size(), 0);
  for (std::size_t i = 0; i < x.data.size(); ++i) {
    std::int64_t j = 0;
    for (std::size_t axis = 0; axis < y.shape.size(); ++axis)
      j = j * y.shape[axis] + (y.shape[axis] == 1 ? 0 : at[axis + missing]);
    element(static_cast<std::int64_t>(i), j);
    for (std::size_t axis = at.size(); axis-- > 0;) {
      if (++at[axis] < x.shape[axis]) break;
      at[axis] = 0;
    }
  }
}

}  // namespace

void add_elementwise_rules(Rules& rules) {
  rules.on<op::Add>([](const Call& call) {
    const Array &x = *call.in[0], &y = *call.in[1];
    spread(x, y, [&](std::int64_t i, std::int64_t j) { call.out[i] = x[i] + y[j]; });
  });
  rules.on<op::Multiply>([](const Call& call) {
    const Array &x = *call.in[0], &y = *call.in[1];
    spread(x, y, [&](std::int64_t i, std::int64_t j) { call.out[i] = x[i] * y[j]; });
  });
}

}  // namespace lp::reference
