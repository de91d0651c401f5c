#include "ops/resize.hpp"

#include "backends/reference/array.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace lp::reference {
namespace {

void resize_nearest(const Call& call) {
  const std::int64_t factor = call.as<op::ResizeNearest>().factor;
  const Array& x = *call.in[0];
  Array& y = call.out;
  std::int64_t at = 0;
  for (std::int64_t plane = 0; plane < y.size(0) * y.size(1); ++plane)
    for (std::int64_t h = 0; h < y.size(2); ++h)
      for (std::int64_t w = 0; w < y.size(3); ++w)
        y[at++] = x[(plane * x.size(2) + h / factor) * x.size(3) + w / factor];
}

/// Keys' kernel at a distance in pixels.
double cubic(double distance, double a) {
  const double d = std::fabs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

/// A pixel of one axis, and its part in an output pixel.
struct Tap {
  std::int64_t at;
  double weight;
};
using Taps = std::vector<Tap>;

/// The four pixels around each output pixel's centre.
Taps nearest_four(double centre, std::int64_t in_size) {
  Taps taps;
  const auto first = static_cast<std::int64_t>(std::floor(centre)) - 1;
  for (std::int64_t i = first; i < first + 4; ++i)
    taps.push_back(
        {std::clamp<std::int64_t>(i, 0, in_size - 1), cubic(static_cast<double>(i) - centre, -0.75)});
  return taps;
}

/// The pixels under a kernel that is `stretch` times as wide, of those that there are.
Taps under_kernel(double centre, double stretch, std::int64_t in_size) {
  Taps taps;
  double sum = 0;
  const auto first = static_cast<std::int64_t>(std::ceil(centre - 2 * stretch));
  for (std::int64_t i = std::max<std::int64_t>(first, 0);
       i < in_size && static_cast<double>(i) <= centre + 2 * stretch; ++i) {
    taps.push_back({i, cubic((static_cast<double>(i) - centre) / stretch, -0.5)});
    sum += taps.back().weight;
  }
  for (Tap& tap : taps) tap.weight /= sum;
  return taps;
}

/// What each output pixel of an axis is made of.
std::vector<Taps> taps_of(std::int64_t out_size, std::int64_t in_size, bool antialias) {
  std::vector<Taps> all;
  const double step = static_cast<double>(in_size) / static_cast<double>(out_size);
  for (std::int64_t i = 0; i < out_size; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * step - 0.5;
    all.push_back(antialias ? under_kernel(centre, std::max(step, 1.0), in_size)
                            : nearest_four(centre, in_size));
  }
  return all;
}

void resize_cubic(const Call& call) {
  const bool antialias = call.as<op::ResizeCubic>().antialias == 1;
  const Array& x = *call.in[0];
  Array& y = call.out;
  const std::vector<Taps> rows = taps_of(y.size(2), x.size(2), antialias),
                          columns = taps_of(y.size(3), x.size(3), antialias);
  std::int64_t to = 0;
  for (std::int64_t plane = 0; plane < y.size(0) * y.size(1); ++plane)
    for (const Taps& row : rows)
      for (const Taps& column : columns) {
        double sum = 0;
        for (const Tap& r : row)
          for (const Tap& c : column)
            sum +=
                r.weight * c.weight * static_cast<double>(x[(plane * x.size(2) + r.at) * x.size(3) + c.at]);
        y[to++] = static_cast<float>(sum);
      }
}

}  // namespace

void add_resize_rules(Rules& rules) {
  rules.on<op::ResizeNearest>(resize_nearest);
  rules.on<op::ResizeCubic>(resize_cubic);
}

}  // namespace lp::reference
