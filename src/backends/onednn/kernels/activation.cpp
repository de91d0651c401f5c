#include "backends/onednn/kernels/activation.hpp"

#include "backends/onednn/kernels/bfloat.hpp"
#include "base/exponential.hpp"
#include "base/vectorize.hpp"

#include <algorithm>
#include <vector>

namespace lp::onednn {
namespace {

constexpr std::int64_t chunk = 4096;

LP_VECTORIZED void silu_run(const float* from, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = from[i] / (1.0F + fast_exp(-from[i]));
}

LP_VECTORIZED void relu_run(const float* from, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i)
    to[i] = from[i] < 0 ? 0.0F : from[i];  // what is no number stays so
}

/// Phi(x) = (1 + erf(x / sqrt 2)) / 2 by the polynomial of Abramowitz and Stegun 1964, 7.1.26: |error of erf|
/// <= 1.5e-7.
LP_VECTORIZED void gelu_run(const float* from, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float x = from[i], u = (x < 0 ? -x : x) * 0.70710678F;
    const float t = 1.0F / (1.0F + 0.3275911F * u);
    const float series =
        t *
        (0.254829592F + t * (-0.284496736F + t * (1.421413741F + t * (-1.453152027F + t * 1.061405429F))));
    const float tail = 0.5F * series * fast_exp_to_88(-u * u);  // Phi(-|x|)
    to[i] = x * (x < 0 ? tail : 1.0F - tail);
  }
}

/// x (1 + tanh(z)) / 2 = x / (1 + exp(-2 z)).
LP_VECTORIZED void gelu_by_tanh_run(const float* from, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float x = from[i], z = 0.79788456F * (x + 0.044715F * x * x * x);
    to[i] = x / (1.0F + fast_exp(-2.0F * z));
  }
}

LP_VECTORIZED void gelu_by_sigmoid_run(const float* from, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = from[i] / (1.0F + fast_exp(-1.702F * from[i]));
}

/// tanh(x) = 1 - 2 / (1 + exp(2 x)); near 0, where that loses digits, the first terms of its series.
LP_INLINED float fast_tanh(float x) {
  const float square = x * x;
  const float near = x * (1.0F + square * (-0.33333333F + square * (0.13333333F - square * 0.053968254F)));
  const float far = 1.0F - 2.0F / (1.0F + fast_exp(2.0F * x));
  return square < 0.04F ? near : far;
}

LP_VECTORIZED void tanh_run(const float* from, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = fast_tanh(from[i]);
}

LP_VECTORIZED void exp_run(const float* from, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = fast_exp(from[i]);
}

LP_VECTORIZED void gate_run(bool of_tanh, const float* value, const float* open, float* to,
                            std::int64_t count) {
  if (of_tanh)
    for (std::int64_t i = 0; i < count; ++i) to[i] = fast_tanh(value[i]) / (1.0F + fast_exp(-open[i]));
  else
    for (std::int64_t i = 0; i < count; ++i) to[i] = value[i] / (1.0F + fast_exp(-open[i]));
}

}  // namespace

NumberFunction silu_function() {
  return silu_run;
}
NumberFunction relu_function() {
  return relu_run;
}
NumberFunction gelu_function() {
  return gelu_run;
}
NumberFunction gelu_by_tanh_function() {
  return gelu_by_tanh_run;
}
NumberFunction gelu_by_sigmoid_function() {
  return gelu_by_sigmoid_run;
}

NumberFunction leaky_relu_function(float slope) {
  return [slope](const float* from, float* to, std::int64_t count) { leaky_relu(slope, from, to, count); };
}
NumberFunction tanh_function() {
  return tanh_run;
}
NumberFunction exp_function() {
  return exp_run;
}

LP_VECTORIZED void leaky_relu(float slope, const float* from, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = from[i] > 0 ? from[i] : slope * from[i];
}

LP_VECTORIZED void leaky_relu(float slope, const std::uint16_t* from, std::uint16_t* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float x = from_bfloat(from[i]);
    to[i] = to_bfloat(x > 0 ? x : slope * x);
  }
}

void apply(const NumberFunction& function, const View& view, const float* from, float* to) {
  const std::int64_t total = view.elements();
#pragma omp parallel for schedule(static)
  for (std::int64_t start = 0; start < total; start += chunk)
    function(from + start, to + start, std::min(chunk, total - start));
}

void gate(bool of_tanh, const View& from_view, const std::byte* from, const View& to_view, std::byte* to) {
  const std::int64_t width = to_view.dims.back(), rows = to_view.elements() / width;
  const bool widens = from_view.dtype == DType::bf16, narrows = to_view.dtype == DType::bf16;
#pragma omp parallel for schedule(static)
  for (std::int64_t row = 0; row < rows; ++row) {
    std::vector<float> wide(static_cast<std::size_t>(widens ? 2 * width : 0)),
        made(static_cast<std::size_t>(narrows ? width : 0));
    const std::int64_t in = row * 2 * width, out = row * width;
    if (widens) widen(reinterpret_cast<const std::uint16_t*>(from) + in, wide.data(), 2 * width);
    const float* const x = widens ? wide.data() : reinterpret_cast<const float*>(from) + in;
    float* const y = narrows ? made.data() : reinterpret_cast<float*>(to) + out;
    gate_run(of_tanh, x, x + width, y, width);
    if (narrows) narrow(y, reinterpret_cast<std::uint16_t*>(to) + out, width);
  }
}

}  // namespace lp::onednn
