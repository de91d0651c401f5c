#pragma once
#include "backends/onednn/view.hpp"

#include <cstddef>
#include <cstdint>

namespace lp::onednn {

/// Which keys the rows of scores see.
struct KeyMask {
  const std::int32_t* lengths = nullptr;  // keys of each sequence; null: all
  bool causal = false;
};

/// @throws Error{bad_input} for a length that is not within `keys`.
void check_lengths(const KeyMask& mask, std::int64_t sequences, std::int64_t keys);

/// softmax(scale * scores) over the last axis of dense f32 [b, heads, s, t], into the same place or, as bf16,
/// into `to`. Masked keys get 0, and a row without keys is all 0. Runs on the caller's OpenMP team.
/// @throws Error{bad_input} for a length that is not within t.
void masked_softmax(const View& scores_view, float* scores, float scale, const KeyMask& mask,
                    const View& to_view, std::byte* to);

/// Weights of one row of f32 scores, not yet divided by their sum, where the scores lie: exp(scale * (score -
/// greatest)), f32 or, `rounded`, as bf16 in the first half of the row; those from `keys` up to `capacity`
/// are 0. Gives the sum's inverse, or 0 where there are no keys.
float weigh_row(std::byte* row, float scale, std::int64_t keys, std::int64_t capacity, bool rounded);

}  // namespace lp::onednn
