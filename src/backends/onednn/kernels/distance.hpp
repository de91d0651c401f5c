#pragma once
#include "backends/onednn/view.hpp"

#include <cstddef>

namespace lp::onednn {

/// Between scores [b, heads, s, s] of queries and keys and numbers [b, heads, s, r] by their distance: key j
/// of query i has number j - i + (r - 1) / 2, those beyond have none. Row-major; on the caller's OpenMP team.

/// Adds the numbers to the scores; both f32.
void add_by_distance(const View& numbers_view, const float* numbers, const View& scores_view, float* scores);

/// Takes the scores to their distances, zeros where there is no such key; both of one type.
void take_by_distance(const View& scores_view, const std::byte* scores, const View& numbers_view,
                      std::byte* numbers);

}  // namespace lp::onednn
