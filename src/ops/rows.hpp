#pragma once
#include "base/error.hpp"
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

struct MaskRows {
  static constexpr std::string_view name = "mask_rows";
  static constexpr std::string_view doc =
      "The first `times` length[i] rows of sequence i, zeros in place of the others: what fills a sequence "
      "up "
      "stays without effect on the convolutions behind.";
  static constexpr std::string_view signature = "x[b, s, d] length:int[b] -> [b, s, d]";
  std::int64_t times = 1;
  static void fields(auto& self, auto&& field) { field("times", self.times); }
  void infer(Dims& /*dims*/) const {
    if (times < 1) fail(Fault::bad_model, "mask_rows: times {} is not possible", times);
  }
};

using RowOps = OpList<Gather, TakeRow, MeanRows, MaskRows>;

}  // namespace lp::op
