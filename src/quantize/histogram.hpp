#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace lp {

/// Where a value's numbers lie, ends included.
struct Range {
  float low = 0, high = 0;
  bool operator==(const Range&) const = default;
};

/// The smallest range that holds both.
Range join(const Range& a, const Range& b);

/// How often a value's numbers fell into each of equal parts of a range.
struct Histogram {
  static constexpr std::size_t bin_count = 2048;

  Range range;
  std::vector<std::uint64_t> bins = std::vector<std::uint64_t>(bin_count);

  /// Counts numbers; those outside the range count at its ends, those that are none are passed over.
  void add(std::span<const float> numbers);
  std::uint64_t total() const;
  /// The middle of a bin.
  double at(std::size_t bin) const;
};

/// How the range for 256 levels is found: all numbers; all but the given part at both ends together; the
/// least square of what rounding and clipping change; the least divergence from the distribution before.
/// Source of the last: Migacz 2017, "8-bit inference with TensorRT".
enum class RangeMethod : std::uint8_t { min_max, percentile_99_99, percentile_99_999, mse, entropy };

inline constexpr std::array range_methods = {RangeMethod::min_max, RangeMethod::percentile_99_99,
                                             RangeMethod::percentile_99_999, RangeMethod::mse,
                                             RangeMethod::entropy};

/// "min_max", "percentile_99.99", ...
std::string_view name(RangeMethod method);

/// The range that a method finds. It always holds 0.
Range find_range(const Histogram& histogram, RangeMethod method);

}  // namespace lp
