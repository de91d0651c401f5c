#include "backends/onednn/fit_pairs.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>
#include <vector>

namespace lp::onednn {
namespace {

bool fits(const std::vector<std::int8_t>& numbers, std::size_t channels) {
  const std::size_t width = numbers.size() / channels;
  for (std::size_t channel = 0; channel + 1 < channels; channel += 2)
    for (std::size_t i = channel * width; i < (channel + 1) * width; ++i) {
      const int a = numbers[i], b = numbers[i + width];
      if ((a < 0) == (b < 0) && std::abs(a + b) > 128) return false;
    }
  return true;
}

}  // namespace

TEST_CASE("numbers that fit stay as they are") {
  std::vector<std::int8_t> numbers = {127, -127, 1, 0, 127, -1, -100, 127};  // pairs at a distance of 2
  const std::vector<std::int8_t> before = numbers;
  CHECK(fit_pairs(numbers, 4) == 1);
  CHECK(numbers == before);
  std::vector<std::int8_t> single = {127, 127, -127};
  CHECK(fit_pairs(single, 1) == 1);
  CHECK(single == std::vector<std::int8_t>{127, 127, -127});
}

TEST_CASE("one pair too large is made smaller, many are scaled") {
  std::vector<std::int8_t> one;
  for (int i = 0; i < 200; ++i) one.push_back(static_cast<std::int8_t>(i * 37 % 41 - 20));
  one[0] = one[1] = 65;
  CHECK(fit_pairs(one, 200) == 1);
  CHECK(one[0] == 64);
  CHECK(one[1] == 64);
  CHECK(one[2] == 2 * 37 % 41 - 20);
  std::vector<std::int8_t> many(200, 120);
  CHECK(fit_pairs(many, 200) < 0.6F);
  CHECK(fits(many, 200));
}

TEST_CASE("random weights fit afterwards, and lose less than a bit") {
  std::mt19937 random(20261126);
  std::normal_distribution<float> normal(0, 45);
  for (const std::size_t channels : {1UL, 2UL, 7UL, 64UL}) {
    std::vector<std::int8_t> numbers(channels * 9);
    for (std::int8_t& number : numbers)
      number = static_cast<std::int8_t>(std::clamp(std::nearbyint(normal(random)), -127.0F, 127.0F));
    const std::vector<std::int8_t> before = numbers;
    const float factor = fit_pairs(numbers, static_cast<std::int64_t>(channels));
    CHECK(fits(numbers, channels));
    double change = 0, seven_bits = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      change += std::pow(static_cast<double>(numbers[i]) / static_cast<double>(factor) - before[i], 2);
      seven_bits += std::pow(2 * std::nearbyint(before[i] / 2.0) - before[i], 2);
    }
    CHECK(change <= seven_bits);
  }
}

}  // namespace lp::onednn
