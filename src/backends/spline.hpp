#pragma once
#include "ops/spline.hpp"

#include <span>

namespace lp {

/// One number through one spline of op::RationalSpline, in double. `how`: its 3 bins - 1 numbers.
double rational_spline(const op::RationalSpline& spline, double x, std::span<const float> how);

}  // namespace lp
