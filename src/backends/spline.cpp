// Source of the equations: Durkan et al. 2019, arXiv:1906.04032.
#include "backends/spline.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace lp {
namespace {

constexpr double least = least_of_spline;

/// Where the bins end: 0 to bins, from -bound to bound, of numbers before a softmax.
std::vector<double> knots(std::span<const float> sizes, double bound) {
  const auto count = static_cast<double>(sizes.size());
  const auto greatest = static_cast<double>(*std::ranges::max_element(sizes));
  double sum = 0, at = 0;
  for (const float size : sizes) sum += std::exp(static_cast<double>(size) - greatest);
  std::vector<double> ends = {-bound};
  for (const float size : sizes) {
    at += least + (1 - least * count) * std::exp(static_cast<double>(size) - greatest) / sum;
    ends.push_back(2 * bound * at - bound);
  }
  ends.back() = bound;
  return ends;
}

/// The derivative at knot `k`; at both ends it is 1, that of the line beyond.
double derivative(std::span<const float> inner, std::size_t k) {
  if (k == 0 || k == inner.size() + 1) return 1;
  const auto x = static_cast<double>(inner[k - 1]);
  return least + std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x)));
}

/// One bin: from (x, y), `width` wide and `height` high.
struct Bin {
  double x, y, width, height, left, right;  // derivatives at its ends

  double slope() const { return height / width; }
  double forward(double at) const {  // eq. 4
    const double part = (at - x) / width, mixed = part * (1 - part);
    return y +
           height * (slope() * part * part + left * mixed) / (slope() + (left + right - 2 * slope()) * mixed);
  }
  double inverse(double at) const {  // eq. 6-8
    const double bent = (at - y) * (left + right - 2 * slope());
    const double a = height * (slope() - left) + bent, b = height * left - bent, c = -slope() * (at - y);
    return x + width * 2 * c / (-b - std::sqrt(std::max(b * b - 4 * a * c, 0.0)));
  }
};

}  // namespace

double rational_spline(const op::RationalSpline& spline, double x, std::span<const float> how) {
  const auto bins = static_cast<std::size_t>(spline.bins);
  const auto bound = static_cast<double>(spline.bound);
  if (!(std::fabs(x) <= bound)) return x;
  const std::vector<double> xs = knots(how.first(bins), bound), ys = knots(how.subspan(bins, bins), bound);
  const std::span<const float> inner = how.subspan(2 * bins);
  const std::vector<double>& ends = spline.inverse == 1 ? ys : xs;
  const auto above = std::upper_bound(ends.begin() + 1, ends.end() - 1, x);
  const auto k = static_cast<std::size_t>(above - ends.begin()) - 1;
  const Bin bin{
      xs[k], ys[k], xs[k + 1] - xs[k], ys[k + 1] - ys[k], derivative(inner, k), derivative(inner, k + 1)};
  return spline.inverse == 1 ? bin.inverse(x) : bin.forward(x);
}

}  // namespace lp
