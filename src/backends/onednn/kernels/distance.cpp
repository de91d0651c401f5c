#include "backends/onednn/kernels/distance.hpp"

#include <algorithm>
#include <cstring>

namespace lp::onednn {
namespace {

/// Keys `first` to `end` - 1 of query `i` have the numbers from `number` on.
struct Band {
  std::int64_t first, end, number;
};

Band band_of(std::int64_t i, std::int64_t tokens, std::int64_t distances) {
  const std::int64_t reach = (distances - 1) / 2, first = std::max<std::int64_t>(0, i - reach);
  return {first, std::min(tokens, i + reach + 1), first - i + reach};
}

}  // namespace

void add_by_distance(const View& numbers_view, const float* numbers, const View& scores_view, float* scores) {
  const std::int64_t tokens = scores_view.dims[3], distances = numbers_view.dims[3];
  const std::int64_t rows = scores_view.elements() / std::max<std::int64_t>(tokens, 1);
#pragma omp parallel for schedule(static)
  for (std::int64_t row = 0; row < rows; ++row) {
    const Band band = band_of(row % tokens, tokens, distances);
    float* const to = scores + row * tokens + band.first;
    const float* const from = numbers + row * distances + band.number;
    for (std::int64_t j = 0; j < band.end - band.first; ++j) to[j] += from[j];
  }
}

void take_by_distance(const View& scores_view, const std::byte* scores, const View& numbers_view,
                      std::byte* numbers) {
  const std::int64_t tokens = scores_view.dims[3], distances = numbers_view.dims[3];
  const std::int64_t rows = scores_view.elements() / std::max<std::int64_t>(tokens, 1);
  const auto size = static_cast<std::int64_t>(size_bytes(scores_view.dtype));
#pragma omp parallel for schedule(static)
  for (std::int64_t row = 0; row < rows; ++row) {
    const Band band = band_of(row % tokens, tokens, distances);
    std::byte* const to = numbers + row * distances * size;
    std::memset(to, 0, static_cast<std::size_t>(distances * size));
    std::memcpy(to + band.number * size, scores + (row * tokens + band.first) * size,
                static_cast<std::size_t>((band.end - band.first) * size));
  }
}

}  // namespace lp::onednn
