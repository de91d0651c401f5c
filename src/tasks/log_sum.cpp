#include "tasks/log_sum.hpp"

#include <algorithm>
#include <cmath>

namespace lp {

double log_sum(std::span<const float> scores) {
  const float greatest = *std::ranges::max_element(scores);
  if (std::isinf(greatest)) return static_cast<double>(greatest);
  double sum = 0;
  for (const float score : scores) sum += std::exp(static_cast<double>(score - greatest));
  return static_cast<double>(greatest) + std::log(sum);
}

}  // namespace lp
