#include "ops/resize.hpp"

#include "backends/reference/array.hpp"

#include <algorithm>
#include <array>
#include <cmath>

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

/// Weights of the pixels before, at and the two after a position, `t` the way from the second to the third.
std::array<double, 4> cubic(double t) {
  constexpr double a = -0.75;
  const auto near = [](double d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
  const auto far = [](double d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
  return {far(t + 1), near(t), near(1 - t), far(2 - t)};
}

/// The four pixels of one axis that an output pixel is made of.
struct Taps {
  std::array<std::int64_t, 4> at;
  std::array<double, 4> weight;
  Taps(std::int64_t out, std::int64_t out_size, std::int64_t in_size) {
    const double centre =
        (static_cast<double>(out) + 0.5) * static_cast<double>(in_size) / static_cast<double>(out_size) - 0.5;
    const double floor = std::floor(centre);
    weight = cubic(centre - floor);
    for (std::size_t i = 0; i < 4; ++i)
      at[i] = std::clamp<std::int64_t>(static_cast<std::int64_t>(floor) + static_cast<std::int64_t>(i) - 1, 0,
                                       in_size - 1);
  }
};

void resize_cubic(const Call& call) {
  const Array& x = *call.in[0];
  Array& y = call.out;
  std::int64_t to = 0;
  for (std::int64_t plane = 0; plane < y.size(0) * y.size(1); ++plane)
    for (std::int64_t h = 0; h < y.size(2); ++h)
      for (std::int64_t w = 0; w < y.size(3); ++w) {
        const Taps rows(h, y.size(2), x.size(2)), columns(w, y.size(3), x.size(3));
        double sum = 0;
        for (std::size_t i = 0; i < 4; ++i)
          for (std::size_t j = 0; j < 4; ++j)
            sum += rows.weight[i] * columns.weight[j] *
                   static_cast<double>(x[(plane * x.size(2) + rows.at[i]) * x.size(3) + columns.at[j]]);
        y[to++] = static_cast<float>(sum);
      }
}

}  // namespace

void add_resize_rules(Rules& rules) {
  rules.on<op::ResizeNearest>(resize_nearest);
  rules.on<op::ResizeCubic>(resize_cubic);
}

}  // namespace lp::reference
