#pragma once
#include "ops/op_list.hpp"
#include "ops/signature.hpp"

namespace lp::op {

struct Linear {
  static constexpr std::string_view name = "linear";
  static constexpr std::string_view doc =
      "x weight^T + bias over the last axis, as torch.nn.Linear computes it.";
  static constexpr std::string_view signature = "x[*, c] weight[o, c] bias?[o] -> [*, d=o]";
  static void fields(auto&, auto&&) {}
  double flops(InputShapes inputs, const Shape& output) const {
    return 2.0 * static_cast<double>(elements(output)) * static_cast<double>(size_of(inputs, 1, 1));
  }
};

using LinearOps = OpList<Linear>;

}  // namespace lp::op
