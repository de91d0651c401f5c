#include "quantize/smoothing.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <cmath>

namespace lp {

void take_largest(std::vector<float>& largest, std::span<const float> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    float& most = largest[i % largest.size()];
    most = std::max(most, std::fabs(values[i]));
  }
}

void join_columns(std::vector<Range>& ranges, std::span<const float> values, std::size_t columns) {
  LP_ASSERT(columns > 0 && values.size() % columns == 0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Range one{values[i], values[i]};
    if (i < columns && ranges.size() < columns)
      ranges.push_back(one);
    else
      ranges[i % columns] = join(ranges[i % columns], one);
  }
}

std::vector<float> smoothing_factors(std::span<const Range> channels,
                                     std::span<const float> largest_weights) {
  LP_ASSERT(!channels.empty() && channels.size() == largest_weights.size());
  constexpr float strength = 0.75F,
                  least = 1e-4F;  // what is smaller than this part of the largest counts as it
  std::vector<float> reach;
  for (const Range& channel : channels)
    reach.push_back(std::max(std::fabs(channel.low), std::fabs(channel.high)));
  const float most = *std::ranges::max_element(reach),
              most_weight = *std::ranges::max_element(largest_weights);
  if (!(most > 0) || !(most_weight > 0)) return std::vector<float>(channels.size(), 1.0F);
  std::vector<float> sizes;
  for (std::size_t i = 0; i < reach.size(); ++i)
    sizes.push_back(std::pow(std::max(reach[i], least * most), strength) /
                    std::pow(std::max(largest_weights[i], least * most_weight), 1 - strength));
  std::vector<float> sorted = sizes;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::ranges::nth_element(sorted, middle);
  std::vector<float> factors;
  for (const float size : sizes) factors.push_back(*middle / size);
  return factors;
}

Range smoothed_range(std::span<const Range> channels, std::span<const float> factors) {
  constexpr float wider = 1.4F;
  Range all;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const Range one{channels[i].low * factors[i], channels[i].high * factors[i]};
    all = i == 0 ? one : join(all, one);
  }
  return {all.low * wider, all.high * wider};
}

}  // namespace lp
