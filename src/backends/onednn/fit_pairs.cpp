#include "backends/onednn/fit_pairs.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>
#include <vector>

namespace lp::onednn {
namespace {

constexpr int most = 128;  // 255 * 128 is the largest product that a signed number of 16 bits holds

/// The two numbers, moved towards zero alike where their sum is too large.
std::pair<int, int> fitting(int a, int b) {
  const int excess = std::abs(a + b) - most;
  if ((a < 0) != (b < 0) || excess <= 0) return {a, b};
  const int sign = a < 0 ? -1 : 1, from_b = std::min(excess / 2, std::abs(b));
  const int from_a = std::min(excess - from_b, std::abs(a));
  return {a - sign * from_a, b - sign * (excess - from_a)};
}

/// The numbers times `factor`, rounded and fitting. Returns the square of what that changes, before the
/// factor.
double attempt(std::span<const std::int8_t> numbers, std::int64_t channels, float factor,
               std::vector<std::int8_t>& fitted) {
  const std::size_t width = numbers.size() / static_cast<std::size_t>(channels);
  double sum = 0;
  std::array<int, 256> table{};  // every number times `factor`
  for (int number = -128; number < 128; ++number)
    table[static_cast<std::size_t>(number + 128)] =
        static_cast<int>(std::nearbyint(static_cast<float>(number) * factor));
  const double per_factor = 1.0 / static_cast<double>(factor);
  const auto rounded = [&](std::size_t i) { return table[static_cast<std::size_t>(numbers[i] + 128)]; };
  const auto put = [&](std::size_t i, int value) {
    fitted[i] = static_cast<std::int8_t>(value);
    const double change = static_cast<double>(value) * per_factor - numbers[i];
    sum += change * change;
  };
  for (std::size_t channel = 0; channel < static_cast<std::size_t>(channels); channel += 2) {
    const bool alone = channel + 1 == static_cast<std::size_t>(channels);
    for (std::size_t i = channel * width; i < (channel + 1) * width; ++i) {
      const auto [a, b] = fitting(rounded(i), alone ? 0 : rounded(i + width));
      put(i, a);
      if (!alone) put(i + width, b);
    }
  }
  return sum;
}

}  // namespace

float fit_pairs(std::span<std::int8_t> numbers, std::int64_t channels) {
  constexpr int steps = 5;
  std::vector<std::int8_t> fitted(numbers.size()), best(numbers.begin(), numbers.end());
  float factor = 1;
  double least = attempt(numbers, channels, 1, best);
  for (int step = 1; step <= steps && least > 0; ++step) {
    const float smaller = 1.0F - 0.5F * static_cast<float>(step) / steps;
    const double change = attempt(numbers, channels, smaller, fitted);
    if (change >= least) continue;
    least = change;
    factor = smaller;
    best = fitted;
  }
  std::copy(best.begin(), best.end(), numbers.begin());
  return factor;
}

}  // namespace lp::onednn
