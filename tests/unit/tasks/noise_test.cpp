#include "tasks/noise.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

namespace lp {
namespace {

std::vector<float> drawn(std::uint64_t seed, std::size_t count) {
  std::vector<float> numbers(count);
  Noise(seed).fill(numbers);
  return numbers;
}

// The expected numbers are from the same formulas in Python.
TEST_CASE("noise: a seed gives the same numbers everywhere") {
  const std::vector<float> expected = {1.3649923F, 0.14452122F, -0.39652398F, -0.22759631F, 0.0044985262F};
  for (std::size_t i = 0; i < expected.size(); ++i)
    CHECK(drawn(7, expected.size())[i] == doctest::Approx(expected[i]).epsilon(1e-6));
  CHECK(drawn(7, 100) == drawn(7, 100));
  CHECK(drawn(7, 100) != drawn(8, 100));
}

TEST_CASE("noise: numbers one by one are those of a whole") {
  Noise noise(3);
  for (const float number : drawn(3, 9)) CHECK(noise.next() == number);
}

TEST_CASE("noise: mean, variance and tails are those of the normal distribution") {
  constexpr std::size_t count = 200'000;
  double sum = 0, squares = 0;
  std::size_t beyond = 0;
  for (const float number : drawn(1, count)) {
    sum += static_cast<double>(number);
    squares += std::pow(static_cast<double>(number), 2);
    if (std::fabs(number) > 2) ++beyond;
  }
  CHECK(std::fabs(sum / count) < 0.01);
  CHECK(squares / count == doctest::Approx(1).epsilon(0.02));
  CHECK(static_cast<double>(beyond) / count == doctest::Approx(0.0455).epsilon(0.05));
}

}  // namespace
}  // namespace lp
