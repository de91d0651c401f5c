#include "backends/onednn/kernels/activation.hpp"

#include "backends/onednn/kernels/exponential.hpp"
#include "base/vectorize.hpp"

#include <algorithm>

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

void apply(NumberFunction function, const View& view, const float* from, float* to) {
  const std::int64_t total = view.elements();
#pragma omp parallel for schedule(static)
  for (std::int64_t start = 0; start < total; start += chunk)
    function(from + start, to + start, std::min(chunk, total - start));
}

}  // namespace lp::onednn
