#include "media/orientation.hpp"

#include <cmath>

namespace lp {

int orientation_of(const std::array<std::int32_t, 9>& matrix) {
  const double a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];
  if (a * d - b * c == 0) return 1;
  if (std::fabs(a) + std::fabs(d) >= std::fabs(b) + std::fabs(c)) {  // rows stay rows
    if (a > 0) return d > 0 ? 1 : 4;
    return d > 0 ? 2 : 3;
  }
  if (b > 0) return c > 0 ? 5 : 6;
  return c > 0 ? 8 : 7;
}

}  // namespace lp
