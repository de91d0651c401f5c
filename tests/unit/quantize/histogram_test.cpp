#include "quantize/histogram.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace lp {
namespace {

/// 100,000 numbers spread evenly over 0 to 1, and `outliers` at 100.
Histogram spread(int outliers) {
  std::vector<float> numbers;
  for (int i = 0; i < 100'000; ++i) numbers.push_back(static_cast<float>(i) / 100'000);
  for (int i = 0; i < outliers; ++i) numbers.push_back(100);
  Histogram histogram;
  histogram.range = {0, outliers > 0 ? 100.0F : 1.0F};
  histogram.add(numbers);
  return histogram;
}

}  // namespace

TEST_CASE("a histogram counts all numbers, those outside at its ends") {
  Histogram histogram;
  histogram.range = {-1, 1};
  const std::vector<float> numbers = {-5, -1, 0, 0.9999F, 7, std::numeric_limits<float>::quiet_NaN()};
  histogram.add(numbers);
  CHECK(histogram.total() == 5);
  CHECK(histogram.bins.front() == 2);
  CHECK(histogram.bins.back() == 2);
  CHECK(histogram.bins[Histogram::bin_count / 2] == 1);
  CHECK(histogram.at(0) == doctest::Approx(-1 + 1.0 / Histogram::bin_count));
}

TEST_CASE("ranges of numbers without outliers are all about the same") {
  const Histogram histogram = spread(0);
  for (const RangeMethod method : range_methods) {
    const Range range = find_range(histogram, method);
    CHECK_MESSAGE(range.low == 0, name(method));
    CHECK_MESSAGE(range.high == doctest::Approx(1).epsilon(0.02), name(method));
  }
}

TEST_CASE("percentiles and the least square leave outliers out, the ends do not") {
  const Histogram histogram = spread(3);
  CHECK(find_range(histogram, RangeMethod::min_max).high == 100);
  CHECK(find_range(histogram, RangeMethod::percentile_99_99).high < 2);
  CHECK(find_range(histogram, RangeMethod::percentile_99_999).high == 100);  // half of 1e-5 is less than one
  CHECK(find_range(histogram, RangeMethod::mse).high >
        50);  // three errors of 50 cost more than fine steps gain
}

TEST_CASE("every range holds zero") {
  Histogram histogram;
  histogram.range = {5, 6};
  histogram.add(std::vector<float>{5, 5.5F, 6});
  for (const RangeMethod method : range_methods) {
    CHECK(find_range(histogram, method).low == 0);
    CHECK(find_range(histogram, method).high > 4);
  }
  CHECK(join({-1, 2}, {0, 3}) == Range{-1, 3});
}

}  // namespace lp
