#include "tasks/box.hpp"

#include <doctest/doctest.h>

namespace lp {
namespace {

TEST_CASE("box: intersection over union") {
  const Box box{0, 0, 2, 2};
  CHECK(area(box) == 4);
  CHECK(iou(box, box) == 1);
  CHECK(iou(box, {1, 0, 3, 2}) == doctest::Approx(1.0 / 3));
  CHECK(iou(box, {1, 1, 3, 3}) == doctest::Approx(1.0 / 7));
  CHECK(iou(box, {0.5F, 0.5F, 1.5F, 1.5F}) == 0.25F);
}

TEST_CASE("box: what does not overlap has none") {
  CHECK(iou({0, 0, 2, 2}, {2, 0, 4, 2}) == 0);
  CHECK(iou({0, 0, 2, 2}, {5, 5, 6, 6}) == 0);
  CHECK(iou({1, 1, 1, 1}, {1, 1, 1, 1}) == 0);
}

}  // namespace
}  // namespace lp
