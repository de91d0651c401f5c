#include "tasks/log_sum.hpp"

#include "base/exponential.hpp"
#include "base/vectorize.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lp {
namespace {

constexpr std::size_t together = 1024;  // numbers that are summed in f32, so that few are lost in many

LP_VECTORIZED float greatest_of(const float* x, std::size_t count) {
  float found = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : found)
  for (std::size_t i = 0; i < count; ++i) found = x[i] > found ? x[i] : found;
  return found;
}

/// Sum of exp(x - shift), which is nowhere above 0.
LP_VECTORIZED float sum_of_powers(const float* x, float shift, std::size_t count) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t i = 0; i < count; ++i) sum += fast_exp_to_88(x[i] - shift);
  return sum;
}

LP_VECTORIZED bool has_nan(const float* x, std::size_t count) {
  int found = 0;
#pragma omp simd reduction(| : found)
  for (std::size_t i = 0; i < count; ++i) found |= x[i] != x[i] ? 1 : 0;
  return found != 0;
}

}  // namespace

float greatest(std::span<const float> scores) {
  return greatest_of(scores.data(), scores.size());
}

std::size_t place_of_greatest(std::span<const float> scores) {
  const auto found = std::ranges::find(scores, greatest(scores));
  return found == scores.end() ? 0 : static_cast<std::size_t>(found - scores.begin());
}

double log_sum(std::span<const float> scores) {
  if (has_nan(scores.data(), scores.size())) return std::numeric_limits<double>::quiet_NaN();
  const float top = greatest(scores);
  if (std::isinf(top)) return static_cast<double>(top);
  double sum = 0;
  for (std::size_t i = 0; i < scores.size(); i += together)
    sum += static_cast<double>(sum_of_powers(scores.data() + i, top, std::min(together, scores.size() - i)));
  return static_cast<double>(top) + std::log(sum);
}

}  // namespace lp
