#include "tasks/average_precision.hpp"

#include <doctest/doctest.h>

namespace lp {
namespace {

Detection at(float x, float confidence, int class_id = 0) {
  return {class_id, confidence, {x, 0, x + 10, 10}};
}

}  // namespace

TEST_CASE("the same boxes have the precision 1, none has 0") {
  const std::vector<Detection> boxes = {at(0, 0.9F), at(100, 0.4F, 1)};
  CHECK(average_precision({{boxes, boxes}}, 0.5) == 1);
  CHECK(mean_average_precision({{boxes, boxes}}) == 1);
  CHECK(average_precision({{{}, boxes}}, 0.5) == 0);
  CHECK(average_precision({{boxes, {}}}, 0.5) == 0);
  CHECK(average_precision({}, 0.5) == 1);
}

TEST_CASE("one of two is found, and after it one that is not there") {
  // Recall 0.5 at precision 1: 51 of the 101 points.
  const DetectionPair picture{{at(0, 0.9F), at(500, 0.8F)}, {at(0, 1), at(100, 1)}};
  CHECK(average_precision({picture}, 0.5) == doctest::Approx(51.0 / 101));
  // The wrong one first: precision 0.5 there.
  const DetectionPair worse{{at(0, 0.7F), at(500, 0.8F)}, {at(0, 1), at(100, 1)}};
  CHECK(average_precision({worse}, 0.5) == doctest::Approx(0.5 * 51 / 101));
}

TEST_CASE("classes, pictures and a second box on the same thing are told apart") {
  CHECK(average_precision({{{at(0, 0.9F, 1)}, {at(0, 1, 0)}}}, 0.5) == 0);
  CHECK(average_precision({{{at(0, 0.9F)}, {}}, {{}, {at(0, 1)}}}, 0.5) == 0);
  const DetectionPair twice{{at(0, 0.9F), at(1, 0.8F)}, {at(0, 1)}};
  CHECK(average_precision({twice}, 0.5) == 1);  // all is found before the wrong one
  const DetectionPair late{{at(2, 0.9F), at(0, 0.8F)}, {at(0, 1), at(200, 1)}};
  CHECK(average_precision({late}, 0.9) == doctest::Approx(0.5 * 51 / 101));
}

TEST_CASE("the threshold decides how exact boxes must be") {
  const DetectionPair moved{{at(2, 0.9F)}, {at(0, 1)}};  // overlap 8 / 12
  CHECK(average_precision({moved}, 0.65) == 1);
  CHECK(average_precision({moved}, 0.7) == 0);
  CHECK(mean_average_precision({moved}) == doctest::Approx(0.4));  // 0.5, 0.55, 0.6, 0.65
}

TEST_CASE("each class that is there counts the same") {
  const auto at_half = [](const std::vector<DetectionPair>& part) { return average_precision(part, 0.5); };
  // Class 0 is found twice, class 1 not at all, class 2 only where there is none.
  const DetectionPair picture{{at(0, 0.9F), at(100, 0.8F), at(300, 0.99F, 2)},
                              {at(0, 1), at(100, 1), at(200, 1, 1)}};
  CHECK(mean_over_classes({picture}, at_half) == doctest::Approx(0.5));
  CHECK(mean_over_classes({{{}, {}}}, at_half) == 1);
  CHECK(mean_over_classes({{{at(0, 0.9F)}, {}}}, at_half) == 0);
}

}  // namespace lp
