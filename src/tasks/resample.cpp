#include "tasks/resample.hpp"

#include "base/error.hpp"
#include "base/vectorize.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace lp {
namespace {

constexpr int half = 1 << (ResampleTaps::precision_bits - 1);
constexpr std::int64_t most_pixels = 100'000'000;
/// Source rows whose columns are weighed at once, and the bytes of their pixels at one x: R, G, B and one
/// without meaning from each.
constexpr int rows_at_once = 8;
constexpr int group_bytes = 4 * rows_at_once;

LP_INLINED std::uint8_t rounded(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> ResampleTaps::precision_bits, 0, 255));
}

/// The pixels of four rows side by side. Four bytes are moved where three are meant, except for the last.
void group_rows(const std::array<const std::uint8_t*, rows_at_once>& rows, std::uint8_t* to, int width) {
  const std::ptrdiff_t last = width - 1;
  for (std::ptrdiff_t x = 0; x < last; ++x, to += group_bytes)
    for (std::size_t r = 0; r < rows_at_once; ++r) std::memcpy(to + 4 * r, rows[r] + 3 * x, 4);
  for (std::size_t r = 0; r < rows_at_once; ++r) std::memcpy(to + 4 * r, rows[r] + 3 * last, 3);
}

/// The result's columns, and the column of the source that stands first in the groups.
struct Columns {
  const ResampleTaps& taps;
  std::size_t width;
  int first;
};

LP_VECTORIZED void weigh_columns(const Columns& columns, const std::uint8_t* groups,
                                 const std::array<std::uint8_t*, rows_at_once>& to) {
  for (std::size_t x = 0; x < columns.width; ++x) {
    const ResampleTaps::Range range = columns.taps.ranges[x];
    const std::int32_t* const weights = columns.taps.of(x);
    const std::uint8_t* from = groups + std::ptrdiff_t{group_bytes} * (range.first - columns.first);
    std::int32_t sums[group_bytes];
    for (int i = 0; i < group_bytes; ++i) sums[i] = half;
    // Two taps a round: the sums are read and written half as often. An odd last one has a partner of weight
    // 0.
    for (int k = 0; k < range.count; k += 2, from += std::ptrdiff_t{2} * group_bytes)
      for (int i = 0; i < group_bytes; ++i)
        sums[i] += from[i] * weights[k] + from[group_bytes + i] * weights[k + 1];
    std::uint8_t bytes[group_bytes];
    for (int i = 0; i < group_bytes; ++i) bytes[i] = rounded(sums[i]);
    for (std::size_t r = 0; r < rows_at_once; ++r) std::memcpy(to[r] + 3 * x, bytes + 4 * r, 4);
  }
}

LP_VECTORIZED void weigh_rows(const std::uint8_t* const* rows, const std::int32_t* weights, int count,
                              std::uint8_t* to, int values) {
  constexpr int block = 256;
  std::int32_t sums[block];
  for (int start = 0; start < values; start += block) {
    const int size = std::min(block, values - start);
    for (int i = 0; i < size; ++i) sums[i] = half;
    for (int k = 0; k < count; ++k)
      for (int i = 0; i < size; ++i) sums[i] += rows[k][start + i] * weights[k];
    for (int i = 0; i < size; ++i) to[start + i] = rounded(sums[i]);
  }
}

std::size_t row_bytes(int width) {
  return 3 * static_cast<std::size_t>(width);
}

}  // namespace

ResampledRows::ResampledRows(const Image& image, int width, int height, ResampleFilter filter,
                             const ResampleWindow& window)
    : image_(image), window_(window) {
  const auto way = [filter](int from, int to) {
    if (from == to) return Way::copy;
    return filter == ResampleFilter::nearest ? Way::pick : Way::weigh;
  };
  columns_way_ = way(image.width, width);
  rows_way_ = way(image.height, height);
  // A byte more than the pixels: each is written as four.
  result_.resize(row_bytes(window.width) + 1);
  end_row_ = window.top + window.height;

  if (rows_way_ == Way::pick) {
    picked_rows_ = nearest_taps(image.height, height, window.top, window.height);
  } else if (rows_way_ == Way::weigh) {
    rows_ = resample_taps(filter, image.height, height, window.top, window.height);
    under_.resize(rows_.stride);
    end_row_ = rows_.ranges.back().first + rows_.ranges.back().count;
  }
  if (columns_way_ == Way::pick) {
    picked_columns_ = nearest_taps(image.width, width, window.left, window.width);
  } else if (columns_way_ == Way::weigh) {
    columns_ = resample_taps(filter, image.width, width, window.left, window.width, 2);
    first_column_ = columns_.ranges.front().first;
    end_column_ = columns_.ranges.back().first + columns_.ranges.back().count;
    // A pixel more: the partner of an odd last tap.
    groups_.resize(group_bytes * static_cast<std::size_t>(end_column_ - first_column_ + 1));
    const std::size_t kept_rows = std::max<std::size_t>(rows_.stride, 1) + rows_at_once - 1;
    kept_source_.resize(kept_rows, -1);
    kept_.resize(kept_rows * result_.size());
  }
}

const std::uint8_t* ResampledRows::source_row(int y) const {
  return image_.rgb.data() + row_bytes(image_.width) * static_cast<std::size_t>(y);
}

void ResampledRows::weigh_columns_from(int y) {
  std::array<const std::uint8_t*, rows_at_once> from{};
  std::array<std::uint8_t*, rows_at_once> to{};
  for (int r = 0; r < rows_at_once; ++r) {
    const int source = std::min(y + r, end_row_ - 1);
    const std::size_t place = static_cast<std::size_t>(source) % kept_source_.size();
    kept_source_[place] = source;
    from[static_cast<std::size_t>(r)] = source_row(source) + row_bytes(first_column_);
    to[static_cast<std::size_t>(r)] = kept_.data() + place * result_.size();
  }
  group_rows(from, groups_.data(), end_column_ - first_column_);
  weigh_columns({columns_, static_cast<std::size_t>(window_.width), first_column_}, groups_.data(), to);
}

const std::uint8_t* ResampledRows::scaled_columns(int y) {
  if (columns_way_ == Way::copy) return source_row(y) + row_bytes(window_.left);
  if (columns_way_ == Way::pick) {
    const std::uint8_t* const from = source_row(y);
    std::uint8_t* to = result_.data();
    for (const int x : picked_columns_) to = std::copy_n(from + row_bytes(x), 3, to);
    return result_.data();
  }
  const std::size_t place = static_cast<std::size_t>(y) % kept_source_.size();
  if (kept_source_[place] != y) weigh_columns_from(y);
  return kept_.data() + place * result_.size();
}

const std::uint8_t* ResampledRows::row(int y) {
  const auto i = static_cast<std::size_t>(y);
  if (rows_way_ == Way::copy) return scaled_columns(window_.top + y);
  if (rows_way_ == Way::pick) return scaled_columns(picked_rows_[i]);
  const ResampleTaps::Range range = rows_.ranges[i];
  for (int k = 0; k < range.count; ++k) under_[static_cast<std::size_t>(k)] = scaled_columns(range.first + k);
  weigh_rows(under_.data(), rows_.of(i), range.count, result_.data(), 3 * window_.width);
  return result_.data();
}

Image resample(const Image& image, int width, int height, ResampleFilter filter) {
  if (width < 1 || height < 1 || static_cast<std::int64_t>(width) * height > most_pixels)
    fail(Fault::bad_input,
         "a picture cannot be scaled to {} x {}: each side is at least 1, the whole at most {} megapixels",
         width, height, most_pixels / 1'000'000);
  Image scaled;
  scaled.width = scaled.full_width = width;
  scaled.height = scaled.full_height = height;
  scaled.rgb.resize(row_bytes(width) * static_cast<std::size_t>(height));
  ResampledRows rows(image, width, height, filter, {.width = width, .height = height});
  for (int y = 0; y < height; ++y)
    std::copy_n(rows.row(y), row_bytes(width),
                scaled.rgb.data() + row_bytes(width) * static_cast<std::size_t>(y));
  return scaled;
}

}  // namespace lp
