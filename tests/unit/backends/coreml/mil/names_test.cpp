#include "backends/coreml/mil/names.hpp"

#include <doctest/doctest.h>

namespace lp::coreml::mil {
namespace {

TEST_CASE("names: what may stand in a program") {
  for (const char* const name : {"x", "_x1", "model_22_cv2", "X"}) CHECK(is_identifier(name));
  for (const char* const name : {"", "1x", "model.22", "x-y", "int8", "state", "ä"})
    CHECK(!is_identifier(name));
}

TEST_CASE("names: each is handed out once") {
  Names names;
  CHECK(names.take("output"));
  CHECK(!names.take("output"));
  CHECK(names.free("model.22/conv") == "model_22_conv");
  CHECK(names.free("model.22.conv") == "model_22_conv_1");
  CHECK(names.free("output") == "output_1");
  CHECK(names.free("0.conv") == "v_0_conv");
  CHECK(names.free("bool") == "bool_");
  CHECK(names.free("") == "v_");
  CHECK(names.take("x_1"));
  CHECK(names.free("x") == "x");
  CHECK(names.free("x") == "x_2");
}

}  // namespace
}  // namespace lp::coreml::mil
