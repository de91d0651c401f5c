#pragma once
#include "base/error.hpp"
#include "ops/op_list.hpp"
#include "ops/signature.hpp"

namespace lp::op {

/// Source: Vaswani et al. 2017, arXiv:1706.03762, equation 1 and section 3.2.2.
struct Attention {
  static constexpr std::string_view name = "attention";
  static constexpr std::string_view doc =
      "softmax(q k^T / sqrt(width of a head)) v in `heads` heads, which lie one after the other in the "
      "width. "
      "With `length`, sequence i has its first length[i] keys only; with `causal` = 1, query j of s has "
      "those "
      "up to length - s + j. A query without keys gives zeros.";
  static constexpr std::string_view signature =
      "q[b, s, d] k[b, t, d] v[b, t, e] length?:int[b] -> [b, s, e]";
  std::int64_t heads = 1, causal = 0;

  static void fields(auto& self, auto&& field) {
    field("heads", self.heads);
    field("causal", self.causal);
  }
  void infer(Dims& dims) const {
    const std::int64_t d = dims.at("d").size(), e = dims.at("e").size();
    if (heads < 1 || d % heads != 0 || e % heads != 0)
      fail(Fault::bad_model, "attention: widths {} and {} do not divide into {} heads", d, e, heads);
    if (causal != 0 && causal != 1) fail(Fault::bad_model, "attention: causal is 0 or 1, not {}", causal);
  }
  double flops(InputShapes inputs, const Shape& output) const {
    const double queries = static_cast<double>(output[0].size.size() * output[1].size.size());
    const double widths = static_cast<double>(size_of(inputs, 0, 2) + output[2].size.size());
    return 2.0 * queries * static_cast<double>(size_of(inputs, 1, 1)) * widths;
  }
};

using AttentionOps = OpList<Attention>;

}  // namespace lp::op
