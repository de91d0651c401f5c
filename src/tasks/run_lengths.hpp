#pragma once
#include <cstdint>
#include <vector>

namespace lp {

/// Which pixels of a picture are inside something, as COCO's uncompressed run-length encoding: pixels are
/// counted column by column from the top left, runs outside and inside take turns, and the first one is
/// outside (0 where the first pixel is inside). The counts add up to height * width, which must be below
/// 2^32. Source: COCO API 2.0, common/maskApi.h (facts only).
struct RunLengths {
  int height = 0, width = 0;
  std::vector<std::uint32_t> counts;

  /// Adds pixels after those that there are.
  void add(bool inside, std::uint32_t pixels);
  /// Pixels inside.
  std::uint64_t area() const;
};

/// Calls `visit(column, first row, end row)` for every part of a run inside that lies in one column.
template <class Visit>
void for_columns(const RunLengths& mask, const Visit& visit) {
  const auto height = static_cast<std::uint64_t>(mask.height);
  std::uint64_t at = 0;
  for (std::size_t i = 0; i < mask.counts.size(); ++i) {
    const std::uint64_t end = at + mask.counts[i];
    for (std::uint64_t from = at; i % 2 == 1 && from < end;) {
      const std::uint64_t column = from / height,
                          to = end < (column + 1) * height ? end : (column + 1) * height;
      visit(static_cast<int>(column), static_cast<int>(from - column * height),
            static_cast<int>(to - column * height));
      from = to;
    }
    at = end;
  }
}

}  // namespace lp
