#pragma once
#include "base/error.hpp"
#include "ops/op_list.hpp"
#include "ops/signature.hpp"

namespace lp::op {

struct RelativeAttention {
  static constexpr std::string_view name = "relative_attention";
  static constexpr std::string_view doc =
      "Attention of tokens to each other that also sees how far apart they are. Query i of key j scores (q_i "
      "k_j + ask_i near_r) / sqrt(width of a head), where row r = j - i + (rows - 1) / 2 of `near` stands "
      "for "
      "their distance; distances beyond the table add nothing. The result is the sum of weight times (v_j + "
      "found_r), without `found` that of weight times v_j. `heads` lie one after the other in the width, of "
      "the tables too. With `length`, sequence i has its first length[i] keys only. Sources: Shaw et al. "
      "2018, arXiv:1803.02155, eq. 3-4; Dai et al. 2019, arXiv:1901.02860, section 3.3.";
  static constexpr std::string_view signature =
      "q[b, s, d] k[b, t, d] v[b, t, d] ask[b, s, d] near[r, d] found?[r, d] length?:int[b] -> [b, s, d]";
  std::int64_t heads = 1;

  static void fields(auto& self, auto&& field) { field("heads", self.heads); }
  void infer(Dims& dims) const {
    const std::int64_t d = dims.at("d").size(), rows = dims.at("r").size();
    if (heads < 1 || d % heads != 0)
      fail(Fault::bad_model, "relative_attention: a width of {} does not divide into {} heads", d, heads);
    if (dims.at("s") != dims.at("t"))
      fail(Fault::bad_model, "relative_attention: {} queries and {} keys are not the same tokens",
           dims.at("s").text(), dims.at("t").text());
    if (rows % 2 != 1)
      fail(Fault::bad_model, "relative_attention: `near` has {} rows, which have no middle", rows);
  }
  double flops(InputShapes inputs, const Shape& output) const {
    const auto tokens = static_cast<double>(size_of(inputs, 1, 1)),
               rows = static_cast<double>(size_of(inputs, 4, 0));
    return 2.0 * static_cast<double>(elements(output)) * (2 * tokens + rows);
  }
};

using RelativeAttentionOps = OpList<RelativeAttention>;

}  // namespace lp::op
