#pragma once
#include "ops/op_list.hpp"
#include "ops/signature.hpp"

namespace lp::op {

/// Source: the cache of Pope et al. 2022, arXiv:2211.05102, at a fixed capacity.
struct Append {
  static constexpr std::string_view name = "append";
  static constexpr std::string_view doc =
      "The state with `x` written into its rows `at` to `at + s - 1`, which must be within its capacity.";
  static constexpr std::string_view signature = "state[b, t, d] x[b, s, d] at:int[b] -> [b, t, d]";
  static constexpr int updates = 0;
  static void fields(auto&, auto&&) {}
};

struct Reorder {
  static constexpr std::string_view name = "reorder";
  static constexpr std::string_view doc =
      "The state whose sequence i is what sequence `rows[i]` was: beams that go on from others.";
  static constexpr std::string_view signature = "state[b, t, d] rows:int[b] -> [b, t, d]";
  static constexpr int updates = 0;
  static void fields(auto&, auto&&) {}
};

using StateOps = OpList<Append, Reorder>;

}  // namespace lp::op
