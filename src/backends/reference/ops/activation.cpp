#include "ops/activation.hpp"

#include "backends/reference/array.hpp"

#include <cmath>

namespace lp::reference {
namespace {

float logistic(float x) {
  return 1.0F / (1.0F + std::exp(-x));
}

void map(const Call& call, float (*function)(float)) {
  const Array& x = *call.in[0];
  for (std::size_t i = 0; i < x.data.size(); ++i) call.out.data[i] = function(x.data[i]);
}

}  // namespace

void add_activation_rules(Rules& rules) {
  rules.on<op::Silu>([](const Call& call) { map(call, [](float x) { return x * logistic(x); }); });
  rules.on<op::Sigmoid>([](const Call& call) { map(call, logistic); });
}

}  // namespace lp::reference
