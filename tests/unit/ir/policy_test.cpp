#include "ir/policy.hpp"

#include "base/error.hpp"

#include <doctest/doctest.h>

namespace lp {

TEST_CASE("the first rule that fits a name gives the type, for values and states alike") {
  const PrecisionPolicy policy("*.norm*=f32;keys.0=f32", DType::bf16);
  CHECK(policy.compute_type("layer.norm1") == DType::f32);
  CHECK(policy.compute_type("layer.q") == DType::bf16);
  CHECK(policy.state_type("keys.0") == DType::f32);
  CHECK(policy.state_type("keys.1") == DType::bf16);
  CHECK(policy.text() == "*.norm*=f32;keys.0=f32;*=bf16");
  CHECK_THROWS_AS(PrecisionPolicy("*.norm", DType::bf16), Error);
}

TEST_CASE("states may be kept in less than is computed in, where no rule names them") {
  const PrecisionPolicy policy("keys.0=f32", DType::f32, DType::bf16);
  CHECK(policy.compute_type("keys.1") == DType::f32);
  CHECK(policy.state_type("keys.0") == DType::f32);
  CHECK(policy.state_type("keys.1") == DType::bf16);
  CHECK(policy.text() == "keys.0=f32;*=f32;states=bf16");
}

}  // namespace lp
