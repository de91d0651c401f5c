#pragma once
#include <cstddef>
#include <span>

namespace lp {

/// The greatest of scores, minus infinity where there are none, and where it stands first; 0 where all are no
/// numbers.
float greatest(std::span<const float> scores);
std::size_t place_of_greatest(std::span<const float> scores);

/// log of the sum of exp(score), natural, within 1e-6: a score minus this is the logarithm of its softmax. At
/// least one score; minus infinity where all are, not a number where one of them is.
double log_sum(std::span<const float> scores);

}  // namespace lp
