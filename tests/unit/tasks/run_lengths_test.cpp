#include "tasks/run_lengths.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

namespace lp {

using Counts = std::vector<std::uint32_t>;

TEST_CASE("runs outside and inside take turns, the first is outside") {
  RunLengths mask{2, 3, {}};
  mask.add(false, 1);
  mask.add(false, 1);
  mask.add(true, 3);
  mask.add(true, 0);
  mask.add(false, 1);
  CHECK(mask.counts == Counts{2, 3, 1});
  CHECK(mask.area() == 3);

  RunLengths inside{1, 2, {}};
  inside.add(true, 2);
  CHECK(inside.counts == Counts{0, 2});
  CHECK(RunLengths{}.area() == 0);
}

TEST_CASE("a run is visited column by column") {
  // 2 rows, 4 columns: the second pixel to the last but one.
  const RunLengths mask{2, 4, {1, 6, 1}};
  std::vector<std::array<int, 3>> parts;
  for_columns(mask, [&](int column, int first, int end) { parts.push_back({column, first, end}); });
  CHECK(parts == std::vector<std::array<int, 3>>{{0, 1, 2}, {1, 0, 2}, {2, 0, 2}, {3, 0, 1}});
}

}  // namespace lp
