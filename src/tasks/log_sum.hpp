#pragma once
#include <span>

namespace lp {

/// log of the sum of exp(score), natural: a score minus this is the logarithm of its softmax. At least one
/// score; minus infinity where all are.
double log_sum(std::span<const float> scores);

}  // namespace lp
