#pragma once
#include "ops/spline.hpp"

#include <span>

namespace lp {

/// The least width and height of a bin, of the whole 2 bound; and the least derivative.
constexpr double least_of_spline = 1e-3;

/// One number through one spline of op::RationalSpline, in double. `how`: its 3 bins - 1 numbers.
double rational_spline(const op::RationalSpline& spline, double x, std::span<const float> how);

}  // namespace lp
