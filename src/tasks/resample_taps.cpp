#include "tasks/resample_taps.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace lp {
namespace {

double sinc(double x) {
  if (x == 0) return 1;
  const double angle = x * std::numbers::pi;
  return std::sin(angle) / angle;
}

double box(double x) {
  return x > -0.5 && x <= 0.5 ? 1 : 0;
}

double bilinear(double x) {
  return std::max(1 - std::abs(x), 0.0);
}

/// Sinc under a Hamming window that ends at 1. The window's constants are single precision in Pillow.
double hamming(double x) {
  x = std::abs(x);
  if (x == 0) return 1;
  if (x >= 1) return 0;
  const double angle = x * std::numbers::pi;
  return std::sin(angle) / angle *
         (static_cast<double>(0.54F) + static_cast<double>(0.46F) * std::cos(angle));
}

/// Keys 1981, equation 15, with a = -1/2.
double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

/// Sinc under the middle lobe of a sinc three times as wide.
double lanczos(double x) {
  return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
}

struct Kernel {
  std::string_view name;
  double support;  // zero from there on
  double (*weight)(double x);
};

/// In the order of ResampleFilter.
constexpr std::array<Kernel, 6> kernels = {{{"nearest", 0, nullptr},
                                            {"lanczos", 3, lanczos},
                                            {"bilinear", 1, bilinear},
                                            {"bicubic", 2, bicubic},
                                            {"box", 0.5, box},
                                            {"hamming", 1, hamming}}};

const Kernel& kernel(ResampleFilter filter) {
  return kernels[static_cast<std::size_t>(filter)];
}

std::int32_t fixed(double weight) {
  return static_cast<std::int32_t>(weight * (1 << ResampleTaps::precision_bits) + (weight < 0 ? -0.5 : 0.5));
}

/// Halves up. Pillow cuts off instead of rounding down, but sets what is negative to 0.
int nearest(double position) {
  return static_cast<int>(std::floor(position + 0.5));
}

/// Where the pixels of a result lie in the source.
struct Axis {
  Axis(const Kernel& kernel, int from_size, int to_size)
      : from(from_size),
        scale(static_cast<double>(from_size) / to_size),
        stretch(std::max(scale, 1.0)),
        support(kernel.support * stretch) {}

  double centre(int i) const { return (i + 0.5) * scale; }
  ResampleTaps::Range range(int i) const {
    const int first = std::max(nearest(centre(i) - support), 0);
    const int end = std::min(nearest(centre(i) + support), from);
    return {first, end - first};
  }

  int from;
  double scale, stretch, support;
};

}  // namespace

std::string_view name(ResampleFilter filter) {
  return kernel(filter).name;
}

std::optional<ResampleFilter> resample_filter(std::string_view name) {
  for (std::size_t i = 0; i < kernels.size(); ++i)
    if (kernels[i].name == name) return static_cast<ResampleFilter>(i);
  return {};
}

std::optional<ResampleFilter> resample_filter(std::int64_t number) {
  if (number < 0 || number >= static_cast<std::int64_t>(kernels.size())) return {};
  return static_cast<ResampleFilter>(number);
}

std::string resample_filter_names() {
  std::string names;
  for (const Kernel& each : kernels) names += (names.empty() ? "" : ", ") + std::string(each.name);
  return names;
}

ResampleTaps resample_taps(ResampleFilter filter, int from, int to, int first, int count, int align) {
  const Axis axis(kernel(filter), from, to);
  ResampleTaps taps;
  int longest = 0;
  for (int i = 0; i < count; ++i) {
    taps.ranges.push_back(axis.range(first + i));
    longest = std::max(longest, taps.ranges.back().count);
  }
  const int stride = (longest + align - 1) / align * align;
  taps.stride = static_cast<std::size_t>(stride);
  taps.weights.resize(taps.stride * static_cast<std::size_t>(count));

  // As in Pillow, one multiplication by the inverse instead of divisions: it decides about the last bit.
  const double inverse = 1.0 / axis.stretch;
  std::vector<double> weights;
  for (int i = 0; i < count; ++i) {
    const ResampleTaps::Range range = taps.ranges[static_cast<std::size_t>(i)];
    weights.clear();
    double sum = 0;
    for (int k = 0; k < range.count; ++k) {
      weights.push_back(kernel(filter).weight((k + range.first - axis.centre(first + i) + 0.5) * inverse));
      sum += weights.back();
    }
    std::int32_t* to_weights = taps.weights.data() + taps.stride * static_cast<std::size_t>(i);
    for (const double weight : weights) *to_weights++ = fixed(sum == 0 ? weight : weight / sum);
  }
  return taps;
}

std::vector<int> nearest_taps(int from, int to, int first, int count) {
  const double step = static_cast<double>(from) / to;
  std::vector<int> taps;
  double position = step * 0.5;
  for (int i = 0; i < first + count; ++i, position += step)
    if (i >= first) taps.push_back(std::min(static_cast<int>(position), from - 1));
  return taps;
}

}  // namespace lp
