#pragma once
#include "ops/op_list.hpp"
#include "ops/signature.hpp"

namespace lp::op {

/// The shape of x, if y can be spread over it: y's axes, aligned at the end, are those of x or 1.
/// @throws Error{bad_model} in the words of `op`.
Shape spread_over(std::string_view op, InputShapes inputs);

struct Add {
  static constexpr std::string_view name = "add";
  static constexpr std::string_view doc =
      "x + y, element by element. y has the last axes of x, or some of them with size 1, which then repeat.";
  static constexpr std::string_view signature = "x[*] y[*] -> [*]";
  static void fields(auto&, auto&&) {}
  Shape output(InputShapes inputs) const { return spread_over(name, inputs); }
};

struct Multiply {
  static constexpr std::string_view name = "multiply";
  static constexpr std::string_view doc =
      "x * y, element by element. y has the last axes of x, or some of them with size 1, which then repeat.";
  static constexpr std::string_view signature = "x[*] y[*] -> [*]";
  static void fields(auto&, auto&&) {}
  Shape output(InputShapes inputs) const { return spread_over(name, inputs); }
};

using ElementwiseOps = OpList<Add, Multiply>;

}  // namespace lp::op
