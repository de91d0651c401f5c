#pragma once
#include "ops/op_list.hpp"
#include "ops/signature.hpp"

namespace lp::op {

struct Gather {
  static constexpr std::string_view name = "gather";
  static constexpr std::string_view doc = "Row `ids` of the table for each id: an embedding.";
  static constexpr std::string_view signature = "table[v, d] ids:int[b, s] -> [b, s, d]";
  static void fields(auto&, auto&&) {}
};

struct TakeRow {
  static constexpr std::string_view name = "take_row";
  static constexpr std::string_view doc = "Row at[i] of sequence i.";
  static constexpr std::string_view signature = "x[b, s, d] at:int[b] -> [b, d]";
  static void fields(auto&, auto&&) {}
};

struct MeanRows {
  static constexpr std::string_view name = "mean_rows";
  static constexpr std::string_view doc =
      "Mean of the first length[i] rows of sequence i, of all without `length`; zeros for a length of 0.";
  static constexpr std::string_view signature = "x[b, s, d] length?:int[b] -> [b, d]";
  static void fields(auto&, auto&&) {}
};

using RowOps = OpList<Gather, TakeRow, MeanRows>;

}  // namespace lp::op
