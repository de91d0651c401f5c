#include "quantize/weights.hpp"

#include "base/error.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace lp {

TEST_CASE("each row has the scale of its largest number") {
  const std::vector<float> values = {127, -63.6F, 0, 0.5F, -2.54F, 0.01F, 0, 0, 0};
  const QuantizedTensor tensor = quantize_rows(values, 3);
  CHECK(tensor.scales[0] == 1);
  CHECK(tensor.scales[1] == doctest::Approx(0.02));
  CHECK(tensor.scales[2] == 1);
  CHECK(tensor.numbers == std::vector<std::int8_t>{127, -64, 0, 25, -127, 0, 0, 0, 0});
}

TEST_CASE("weights that are no numbers have no levels") {
  const std::vector<float> infinite = {1, std::numeric_limits<float>::infinity()};
  const std::vector<float> none = {1, std::numeric_limits<float>::quiet_NaN()};
  CHECK_THROWS_AS(quantize_rows(infinite, 1), Error);
  CHECK_THROWS_AS(quantize_rows(none, 2), Error);
}

}  // namespace lp
