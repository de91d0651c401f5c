#include "ops/activation.hpp"

#include "backends/reference/array.hpp"

#include <cmath>

namespace lp::reference {
namespace {

float logistic(float x) {
  return 1.0F / (1.0F + std::exp(-x));
}

/// Abramowitz and Stegun 1964, 26.2: the normal distribution by the error function; the constant of `tanh` is
/// sqrt(2 / pi).
float gelu(float x) {
  const auto d = static_cast<double>(x);
  return static_cast<float>(0.5 * d * (1 + std::erf(d / std::sqrt(2.0))));
}
float gelu_tanh(float x) {
  const auto d = static_cast<double>(x);
  return static_cast<float>(0.5 * d * (1 + std::tanh(0.7978845608028654 * (d + 0.044715 * d * d * d))));
}
float gelu_sigmoid(float x) {
  return x * logistic(1.702F * x);
}

void map(const Call& call, float (*function)(float)) {
  const Array& x = *call.in[0];
  for (std::size_t i = 0; i < x.data.size(); ++i) call.out.data[i] = function(x.data[i]);
}

/// f(first half) * sigmoid(second half) of each row.
void gate(const Call& call) {
  const bool is_tanh = call.as<op::Gate>().of == "tanh";
  const Array& x = *call.in[0];
  const auto width = static_cast<std::size_t>(call.out.shape.back());
  for (std::size_t i = 0; i < call.out.data.size(); ++i) {
    const std::size_t at = i / width * 2 * width + i % width;
    const auto value = static_cast<double>(x.data[at]), open = static_cast<double>(x.data[at + width]);
    call.out.data[i] = static_cast<float>((is_tanh ? std::tanh(value) : value) / (1 + std::exp(-open)));
  }
}

}  // namespace

void add_activation_rules(Rules& rules) {
  rules.on<op::Silu>([](const Call& call) { map(call, [](float x) { return x * logistic(x); }); });
  rules.on<op::Relu>([](const Call& call) { map(call, [](float x) { return x > 0 ? x : 0.0F; }); });
  rules.on<op::Gelu>([](const Call& call) {
    const std::string& approximate = call.as<op::Gelu>().approximate;
    map(call, approximate == "none" ? gelu : approximate == "tanh" ? gelu_tanh : gelu_sigmoid);
  });
  rules.on<op::Sigmoid>([](const Call& call) { map(call, logistic); });
  rules.on<op::LeakyRelu>([](const Call& call) {
    const float slope = call.as<op::LeakyRelu>().slope;
    for (std::size_t i = 0; i < call.out.data.size(); ++i)
      call.out.data[i] = call.in[0]->data[i] * (call.in[0]->data[i] > 0 ? 1.0F : slope);
  });
  rules.on<op::Tanh>([](const Call& call) { map(call, [](float x) { return std::tanh(x); }); });
  rules.on<op::Exp>([](const Call& call) { map(call, [](float x) { return std::exp(x); }); });
  rules.on<op::Gate>(gate);
}

}  // namespace lp::reference
