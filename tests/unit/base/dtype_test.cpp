#include "base/dtype.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>

namespace lp {

TEST_CASE("every half survives the way to float and back") {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = half_to_float(static_cast<std::uint16_t>(bits));
    if (std::isnan(value)) continue;
    REQUIRE(float_to_half(value) == bits);
  }
}

TEST_CASE("rounding to half and bfloat is to nearest, ties to even") {
  CHECK(float_to_half(1.0F + 0x1p-11F) == 0x3C00);      // a tie: down to the even one
  CHECK(float_to_half(1.0F + 3 * 0x1p-11F) == 0x3C02);  // a tie: up to the even one
  CHECK(float_to_half(65519.0F) == 0x7BFF);             // still the largest finite one
  CHECK(float_to_half(65520.0F) == 0x7C00);             // infinity
  CHECK(float_to_half(0x1p-25F) == 0);                  // a tie with zero
  CHECK(float_to_half(0x1.8p-25F) == 1);
  CHECK(std::isnan(half_to_float(float_to_half(NAN))));
  CHECK(float_to_bfloat(1.0F + 0x1p-8F) == 0x3F80);
  CHECK(float_to_bfloat(1.0F + 3 * 0x1p-8F) == 0x3F82);
  CHECK(bfloat_to_float(0x3F80) == 1.0F);
  CHECK(std::isnan(bfloat_to_float(float_to_bfloat(NAN))));
}

TEST_CASE("types have many names, case ignored") {
  CHECK(parse_dtype("FP32") == DType::f32);
  CHECK(parse_dtype("float16") == DType::f16);
  CHECK(parse_dtype("INT8") == DType::i8);
  CHECK_FALSE(parse_dtype("f31").has_value());
}

}  // namespace lp
