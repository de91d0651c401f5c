#include "quantize/histogram.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace lp {
namespace {

constexpr int levels = 256;

Range with_zero(Range range) {
  return {std::min(range.low, 0.0F), std::max(range.high, 0.0F)};
}

/// The range that leaves out at most `part` of the numbers, half at each end.
Range percentile(const Histogram& histogram, double part) {
  const double allowed = part / 2 * static_cast<double>(histogram.total());
  const auto step = (histogram.range.high - histogram.range.low) / static_cast<float>(Histogram::bin_count);
  std::size_t first = 0, last = Histogram::bin_count;
  for (double left = 0; first + 1 < last; ++first) {
    left += static_cast<double>(histogram.bins[first]);
    if (left > allowed) break;
  }
  for (double right = 0; last > first + 1; --last) {
    right += static_cast<double>(histogram.bins[last - 1]);
    if (right > allowed) break;
  }
  return {histogram.range.low + step * static_cast<float>(first),
          histogram.range.low + step * static_cast<float>(last)};
}

/// Calls `judge(range)` for ranges from a tenth of the histogram's to the whole, and gives the one of the
/// least cost.
template <class Judge>
Range search(const Histogram& histogram, const Judge& judge) {
  constexpr int steps = 91;
  const Range whole = with_zero(histogram.range);
  Range best = whole;
  double least = judge(whole);
  const auto attempt = [&](Range range) {
    if (range.high - range.low < 1e-20F) return;
    if (const double cost = judge(range); cost < least) {
      least = cost;
      best = range;
    }
  };
  for (int i = 0; i < steps; ++i) {
    const float part = 0.1F + 0.01F * static_cast<float>(i);
    attempt({whole.low * part, whole.high * part});
    attempt({whole.low, whole.high * part});  // the lower end is where SiLU and GELU are bounded
    attempt({whole.low * part, whole.high});
  }
  return best;
}

/// Mean square of what 256 levels over `range` change.
double squared_error(const Histogram& histogram, const Range& range) {
  const double step = (double{range.high} - range.low) / (levels - 1);
  double sum = 0;
  for (std::size_t i = 0; i < Histogram::bin_count; ++i) {
    if (histogram.bins[i] == 0) continue;
    const double x = histogram.at(i);
    const double beyond = x < range.low ? range.low - x : x > range.high ? x - range.high : 0;
    // Within the range rounding errors are spread evenly over a step: step^2 / 12.
    sum += static_cast<double>(histogram.bins[i]) * (beyond > 0 ? beyond * beyond : step * step / 12);
  }
  return sum;
}

/// Kullback-Leibler divergence of the distribution after rounding to levels from the one before. Before: what
/// is clipped counts at the ends. After: a level's count spread evenly over the bins that round to it.
double divergence(const Histogram& histogram, const Range& range) {
  const double step = (double{range.high} - range.low) / (levels - 1);
  std::vector<double> before(Histogram::bin_count);
  std::array<double, levels> counts{}, bins{};
  std::size_t first = Histogram::bin_count, last = 0;
  for (std::size_t i = 0; i < Histogram::bin_count; ++i) {
    if (histogram.at(i) < range.low || histogram.at(i) > range.high) continue;
    first = std::min(first, i);
    last = i;
  }
  if (first > last) return std::numeric_limits<double>::max();  // the range lies between two bins
  const auto level_of = [&](std::size_t bin) {
    return static_cast<std::size_t>(
        std::clamp(std::nearbyint((histogram.at(bin) - range.low) / step), 0.0, levels - 1.0));
  };
  for (std::size_t i = 0; i < Histogram::bin_count; ++i) {
    const auto count = static_cast<double>(histogram.bins[i]);
    before[std::clamp(i, first, last)] += count;
    if (i < first || i > last || count == 0) continue;
    counts[level_of(i)] += count;
    ++bins[level_of(i)];
  }
  const auto total = static_cast<double>(histogram.total());
  double sum = 0;
  for (std::size_t i = first; i <= last; ++i) {
    if (before[i] == 0) continue;
    const std::size_t level = level_of(i);
    constexpr double least = 0.5;  // of a count, for a bin that only holds what was clipped
    const double after = bins[level] > 0 ? counts[level] / bins[level] : least;
    sum += before[i] / total * std::log(before[i] / std::max(after, least));
  }
  return sum;
}

}  // namespace

Range join(const Range& a, const Range& b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

void Histogram::add(std::span<const float> numbers) {
  const float per_bin = static_cast<float>(bin_count) / std::max(range.high - range.low, 1e-30F);
  for (const float number : numbers) {
    if (std::isnan(number)) continue;
    const float bin = std::clamp((number - range.low) * per_bin, 0.0F, static_cast<float>(bin_count - 1));
    ++bins[static_cast<std::size_t>(bin)];
  }
}

std::uint64_t Histogram::total() const {
  return std::accumulate(bins.begin(), bins.end(), std::uint64_t{0});
}

double Histogram::at(std::size_t bin) const {
  const double step = (double{range.high} - range.low) / static_cast<double>(bin_count);
  return range.low + step * (static_cast<double>(bin) + 0.5);
}

std::string_view name(RangeMethod method) {
  switch (method) {
    case RangeMethod::min_max: return "min_max";
    case RangeMethod::percentile_99_99: return "percentile_99.99";
    case RangeMethod::percentile_99_999: return "percentile_99.999";
    case RangeMethod::mse: return "mse";
    case RangeMethod::entropy: return "entropy";
  }
  return "";
}

Range find_range(const Histogram& histogram, RangeMethod method) {
  switch (method) {
    case RangeMethod::min_max: return with_zero(histogram.range);
    case RangeMethod::percentile_99_99: return with_zero(percentile(histogram, 1e-4));
    case RangeMethod::percentile_99_999: return with_zero(percentile(histogram, 1e-5));
    case RangeMethod::mse:
      return search(histogram, [&](const Range& range) { return squared_error(histogram, range); });
    case RangeMethod::entropy:
      return search(histogram, [&](const Range& range) { return divergence(histogram, range); });
  }
  fail(Fault::internal, "no such method for ranges");
}

}  // namespace lp
