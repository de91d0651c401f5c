#pragma once
#include "ops/op_list.hpp"
#include "ops/signature.hpp"

namespace lp::op {

struct LayerNorm {
  static constexpr std::string_view name = "layer_norm";
  static constexpr std::string_view doc =
      "(x - mean) / sqrt(variance + epsilon) * weight + bias over the last axis. Source: Ba et al. 2016, "
      "arXiv:1607.06450, eq. 4.";
  static constexpr std::string_view signature = "x[*, d] weight[d] bias[d] -> [*, d]";
  float epsilon = 1e-5F;
  static void fields(auto& self, auto&& field) { field("epsilon", self.epsilon); }
};

struct L2Normalize {
  static constexpr std::string_view name = "l2_normalize";
  static constexpr std::string_view doc = "x / max(its Euclidean length, epsilon) over the last axis.";
  static constexpr std::string_view signature = "x[*, d] -> [*, d]";
  float epsilon = 1e-12F;
  static void fields(auto& self, auto&& field) { field("epsilon", self.epsilon); }
};

using NormOps = OpList<LayerNorm, L2Normalize>;

}  // namespace lp::op
