#include "ops/elementwise.hpp"

#include "base/error.hpp"

namespace lp::op {

Shape spread_over(std::string_view op, InputShapes inputs) {
  if (inputs.size() != 2 || !inputs[0] || !inputs[1])
    fail(Fault::bad_model, "{}: it takes two inputs, `x` and `y`", op);
  const Shape &x = *inputs[0], &y = *inputs[1];
  bool fits = y.size() <= x.size();
  for (std::size_t i = 0; fits && i < y.size(); ++i) {
    const Dim &own = y[y.size() - 1 - i].size, &other = x[x.size() - 1 - i].size;
    fits = own == other || own == Dim(1);
  }
  if (!fits) fail(Fault::bad_model, "{}: `y` is {}, but `x` is {}", op, text(y), text(x));
  return x;
}

}  // namespace lp::op
