#include "tasks/mask.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <numeric>
#include <vector>

namespace lp {
namespace {

using Counts = std::vector<std::uint32_t>;

constexpr Box everywhere{0, 0, 1000, 1000};

/// A mask from one prototype of 2 x 2 in an input of 8 x 8, where a picture of that size fills it.
std::optional<RunLengths> small(const std::vector<float>& prototype, const Box& box = everywhere,
                                float by = 1) {
  return mask_of({prototype.data(), 1, 2, 2}, std::span(&by, 1), box, fit(8, 8, 8, 8), 8, 8);
}

}  // namespace

TEST_CASE("a mask is enlarged between the middles of its pixels") {
  // Columns 1 and -3: at the pixels' middles, 2 and 6 of 8, and 1 - 4 (x - 2) / 4 between: above 0 up to x
  // < 3.
  const auto mask = small({1, -3, 1, -3});
  REQUIRE(mask);
  CHECK(mask->height == 8);
  CHECK(mask->width == 8);
  CHECK(mask->counts == Counts{0, 24, 40});  // columns 0.5, 1.5 and 2.5
  // Rows instead: three of each column of eight.
  const auto rows = small({1, 1, -3, -3});
  REQUIRE(rows);
  Counts expected = {0};
  for (int x = 0; x < 8; ++x) expected.insert(expected.end(), {3, 5});
  CHECK(rows->counts == expected);
}

TEST_CASE("what coefficients and prototypes add up to counts") {
  const std::vector<float> prototypes = {1, 1, 1, 1, /**/ -2, 0, -2, 0};
  const std::vector<float> coefficients = {1, 2};
  // 1 - 4 at the left, 1 at the right.
  const auto mask = mask_of({prototypes.data(), 2, 2, 2}, coefficients, everywhere, fit(8, 8, 8, 8), 8, 8);
  REQUIRE(mask);
  CHECK(mask->counts == Counts{40, 24});
  CHECK_FALSE(small({1, 1, 1, 1}, everywhere, -1));
  CHECK_FALSE(small({0, 0, 0, 0}));
  CHECK_FALSE(small({1, 1, 1, 1}, everywhere, std::numeric_limits<float>::quiet_NaN()));
}

TEST_CASE("outside the box's prototype pixels the sum is 0, and the edge lies where it fades") {
  // Sides 4 of 8 are prototype pixel 1: the left column stays. It fades from 1 at 2 to 0 at 6: above 0
  // below 6.
  const auto mask = small({1, 1, 1, 1}, {0, 0, 4, 8});
  REQUIRE(mask);
  CHECK(mask->counts == Counts{0, 48, 16});
  CHECK(small({1, 1, 1, 1}, {-50, -50, 4, 1e30F})->counts == Counts{0, 48, 16});
  CHECK_FALSE(small({1, 1, 1, 1}, {0, 0, 1, 8}));      // rounds to no pixel
  CHECK_FALSE(small({1, 1, 1, 1}, {-9, -9, -5, -5}));  // outside
  CHECK_FALSE(small({1, 1, 1, 1}, {6, 0, 2, 8}));      // sides swapped
}

TEST_CASE("a mask goes back to the picture, without what stands around it") {
  const std::vector<float> ones(4, 1.0F);
  const float by = 1;
  // A picture of 8 x 4 in the middle of 8 x 8: all of it.
  const Letterbox wide = fit(8, 4, 8, 8);
  CHECK(mask_of({ones.data(), 1, 2, 2}, std::span(&by, 1), everywhere, wide, 8, 4)->counts == Counts{0, 32});
  // A picture of twice the size: the left 6 of 8 columns are the left 12 of 16, since a half is not above one
  // half.
  const auto twice =
      mask_of({ones.data(), 1, 2, 2}, std::span(&by, 1), {0, 0, 4, 8}, fit(16, 16, 8, 8), 16, 16);
  REQUIRE(twice);
  CHECK(twice->counts == Counts{0, 192, 64});
  // A picture of a quarter.
  const auto quarter =
      mask_of({ones.data(), 1, 2, 2}, std::span(&by, 1), {0, 0, 4, 8}, fit(2, 2, 8, 8), 2, 2);
  REQUIRE(quarter);
  CHECK(quarter->counts == Counts{0, 2, 2});
}

TEST_CASE("an input that is wider than high") {
  // Prototypes of 4 x 2 in an input of 16 x 8: the right half is inside.
  const std::vector<float> prototype = {-1, -1, 1, 1, -1, -1, 1, 1};
  const float by = 1;
  const Letterbox box = fit_rect(32, 16, 16, 8);
  REQUIRE(box.height == 8);
  const auto mask = mask_of({prototype.data(), 1, 2, 4}, std::span(&by, 1), everywhere, box, 32, 16);
  REQUIRE(mask);
  CHECK(mask->counts == Counts{256, 256});
  // The box begins at row 4 of 8, prototype row 1: from row 2 on, where it fades in, that is 4 of the
  // picture.
  const auto lower = mask_of({prototype.data(), 1, 2, 4}, std::span(&by, 1), {0, 4, 16, 8}, box, 32, 16);
  REQUIRE(lower);
  Counts expected = {256 + 4};
  for (int x = 16; x < 31; ++x) expected.insert(expected.end(), {12, 4});
  expected.push_back(12);
  CHECK(lower->counts == expected);
}

TEST_CASE("a mask's runs cover the picture, whatever its shape") {
  std::vector<float> prototype(static_cast<std::size_t>(16 * 16));
  for (std::size_t i = 0; i < prototype.size(); ++i) prototype[i] = i % 3 == 0 || i % 7 == 2 ? 1.0F : -1.0F;
  const float by = 1;
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 300}, {300, 1}, {37, 61}, {64, 64}, {501, 333}}) {
    CAPTURE(width);
    CAPTURE(height);
    const auto mask = mask_of({prototype.data(), 1, 16, 16}, std::span(&by, 1), {3, 9, 57, 61},
                              fit(width, height, 64, 64), width, height);
    REQUIRE(mask);
    const auto pixels = std::accumulate(mask->counts.begin(), mask->counts.end(), std::uint64_t{0});
    CHECK(pixels == static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height));
    for (std::size_t i = 1; i < mask->counts.size(); ++i) CHECK(mask->counts[i] > 0);
  }
}

}  // namespace lp
