#pragma once
#include "ops/op_list.hpp"
#include "ops/signature.hpp"

namespace lp::op {

struct Add {
  static constexpr std::string_view name = "add";
  static constexpr std::string_view doc = "x + y, element by element; both have one shape.";
  static constexpr std::string_view signature = "x[*] y[*] -> [*]";
  static void fields(auto&, auto&&) {}
};

using ElementwiseOps = OpList<Add>;

}  // namespace lp::op
