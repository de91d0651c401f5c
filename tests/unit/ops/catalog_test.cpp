#include "ops/catalog.hpp"

#include "base/error.hpp"
#include "ops/conv.hpp"

#include <doctest/doctest.h>

#include <array>

namespace lp {

TEST_CASE("ops are found by name and made from text") {
  const std::array<Attribute, 1> attributes = {{{"stride", "2"}}};
  const Op made = find_op("conv2d").make(attributes);
  REQUIRE(made.as<op::Conv2d>() != nullptr);
  CHECK(made.as<op::Conv2d>()->stride == 2);
  CHECK(made.as<op::Conv2d>()->groups == 1);
  CHECK(made.attributes().front().text == "2");
  CHECK_THROWS_WITH(find_op("conv2e"), "no op `conv2e`; nearest is `conv2d`");
}

TEST_CASE("every op of the catalog explains itself") {
  for (const OpType& type : op_catalog()) {
    INFO(type.name);
    CHECK(!type.doc.empty());
    CHECK(type.signature.find("->") != std::string_view::npos);
    CHECK(find_op(type.name).type == type.type);
  }
}

}  // namespace lp
