#include "backends/coreml/weight_forms.hpp"

#include "base/dtype.hpp"
#include "support/formula.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace lp::coreml {
namespace {

std::vector<float> numbers_of(std::int64_t count) {
  std::vector<float> numbers;
  for (const double u : formula_uniform("weights", count))  // dense around 0, as weights are
    numbers.push_back(static_cast<float>(std::pow(2 * u - 1, 3)));
  return numbers;
}

double squared_error(const std::vector<float>& numbers, const Palette& palette) {
  double sum = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    sum += std::pow(static_cast<double>(numbers[i] - palette.colors[palette.places[i]]), 2);
  return sum;
}

/// Of the best palette: sorted numbers are cut into `count` groups in all ways (by dynamic programming).
double least_squared_error(std::vector<float> numbers, std::size_t count) {
  std::sort(numbers.begin(), numbers.end());
  const std::size_t size = numbers.size();
  std::vector<double> sums(size + 1, 0), squares(size + 1, 0);
  for (std::size_t i = 0; i < size; ++i) {
    const auto x = static_cast<double>(numbers[i]);
    sums[i + 1] = sums[i] + x;
    squares[i + 1] = squares[i] + x * x;
  }
  std::vector<double> best(size + 1, 1e30);
  best[0] = 0;
  for (std::size_t group = 0; group < count; ++group) {
    std::vector<double> next(size + 1, 1e30);
    for (std::size_t end = 0; end <= size; ++end)
      for (std::size_t from = 0; from <= end; ++from) {
        const double sum = sums[end] - sums[from], n = static_cast<double>(end - from);
        const double error = end == from ? 0 : squares[end] - squares[from] - sum * sum / n;
        next[end] = std::min(next[end], best[from] + error);
      }
    best = std::move(next);
  }
  return best[size];
}

}  // namespace

TEST_CASE("numbers in 8 bits: the largest of each channel is 127, whichever axis that is") {
  const std::vector<float> numbers = {0.5F, -1.0F, 0.25F, 0.0F, 100.0F, 50.0F};
  const ScaledBytes rows = scaled_bytes(numbers, {2, 3}, 0, mil::Element::f32);
  CHECK(rows.scales == std::vector<float>{1.0F / 127, 100.0F / 127});
  CHECK(rows.numbers ==
        std::vector<std::int8_t>{64, -127, 32, 0, 127, 64});  // 63.5 and 31.75, to nearest even
  const ScaledBytes columns = scaled_bytes(numbers, {2, 3}, 1, mil::Element::f32);
  CHECK(columns.scales == std::vector<float>{0.5F / 127, 100.0F / 127, 50.0F / 127});
  CHECK(columns.numbers == std::vector<std::int8_t>{127, -1, 1, 0, 127, 127});
}

TEST_CASE("scales are numbers that half precision has, and zeros have one, too") {
  const std::vector<float> numbers = {0.3F, 0.1F, 0.0F, 0.0F, 1e-9F, 0.0F};
  const ScaledBytes bytes = scaled_bytes(numbers, {3, 2}, 0, mil::Element::f16);
  for (const float scale : bytes.scales) CHECK(half_to_float(float_to_half(scale)) == scale);
  CHECK(bytes.scales[1] == 1.0F);
  CHECK(bytes.scales[2] == 1.0F);
  CHECK(bytes.numbers == std::vector<std::int8_t>{127, 42, 0, 0, 0, 0});
}

TEST_CASE("a palette of as many numbers as there are keeps all of them") {
  const std::vector<float> numbers = {3, -1, 3, 2, -1, 7};
  const Palette palette = palette_of(numbers, 16, mil::Element::f16);
  CHECK(squared_error(numbers, palette) == 0.0);
  CHECK(std::is_sorted(palette.colors.begin(), palette.colors.end()));
}

TEST_CASE("a palette is nearly the best one, and the nearest color stands for each number") {
  const std::vector<float> numbers = numbers_of(400);
  const Palette palette = palette_of(numbers, 16, mil::Element::f32);
  CHECK(squared_error(numbers, palette) < 1.1 * least_squared_error(numbers, 16));
  for (std::size_t i = 0; i < numbers.size(); ++i)
    for (const float color : palette.colors)
      REQUIRE(std::abs(numbers[i] - palette.colors[palette.places[i]]) <=
              std::abs(numbers[i] - color) + 1e-6F);
}

TEST_CASE("of many numbers a palette is nearly the best one, with outliers") {
  std::vector<float> numbers = numbers_of(4200);
  numbers.insert(numbers.end(), {-70, 90});
  CHECK(squared_error(numbers, palette_of(numbers, 4, mil::Element::f32)) <
        1.05 * least_squared_error(numbers, 4));
}

TEST_CASE("equal numbers have a palette, too") {
  const std::vector<float> equal(20'000, 0.25F);
  const Palette one = palette_of(equal, 64, mil::Element::f16);
  CHECK(squared_error(equal, one) == 0.0);
  CHECK(one.colors.size() == 64);
}

TEST_CASE("places lie close together, the first one in the lowest bits") {
  CHECK(packed(std::vector<std::uint8_t>{1, 2, 15}, 4) ==
        std::vector<std::byte>{std::byte{0x21}, std::byte{0x0F}});
  // 6 bits each: 000001, 000010, 000011, 000100 from the lowest on.
  CHECK(packed(std::vector<std::uint8_t>{1, 2, 3, 4}, 6) ==
        std::vector<std::byte>{std::byte{0x81}, std::byte{0x30}, std::byte{0x10}});
}

}  // namespace lp::coreml
