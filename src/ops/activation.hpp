#pragma once
#include "ops/op_list.hpp"
#include "ops/signature.hpp"

namespace lp::op {

struct Silu {
  static constexpr std::string_view name = "silu";
  static constexpr std::string_view doc = "x * sigmoid(x). Source: Elfwing et al. 2017, arXiv:1702.03118.";
  static constexpr std::string_view signature = "x[*] -> [*]";
  static void fields(auto&, auto&&) {}
};

struct Sigmoid {
  static constexpr std::string_view name = "sigmoid";
  static constexpr std::string_view doc = "1 / (1 + exp(-x)).";
  static constexpr std::string_view signature = "x[*] -> [*]";
  static void fields(auto&, auto&&) {}
};

using ActivationOps = OpList<Silu, Sigmoid>;

}  // namespace lp::op
