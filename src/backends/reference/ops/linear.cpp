#include "ops/linear.hpp"

#include "backends/reference/array.hpp"

namespace lp::reference {
namespace {

void linear(const Call& call) {
  const Array &x = *call.in[0], &weight = *call.in[1];
  const Array* const bias = call.in[2];
  const std::int64_t in = weight.size(1), out = weight.size(0);
  const std::int64_t rows = static_cast<std::int64_t>(x.data.size()) / in;
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t o = 0; o < out; ++o) {
      double sum = bias != nullptr ? static_cast<double>((*bias)[o]) : 0.0;
      for (std::int64_t c = 0; c < in; ++c)
        sum += static_cast<double>(x[row * in + c]) * static_cast<double>(weight[o * in + c]);
      call.out[row * out + o] = static_cast<float>(sum);
    }
}

}  // namespace

void add_linear_rules(Rules& rules) {
  rules.on<op::Linear>(linear);
}

}  // namespace lp::reference
