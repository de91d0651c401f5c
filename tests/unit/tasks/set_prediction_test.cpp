#include "tasks/set_prediction.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>

namespace lp {

TEST_CASE("a set of things: softmax, no suppression, nothing where nothing is likeliest") {
  const float none = std::numeric_limits<float>::quiet_NaN();
  // Two classes and "nothing"; four queries, of which the last has no numbers.
  const std::array<float, 12> logits = {0, std::log(3.0F), 0, 0, 0, 9, std::log(8.0F), 0, 0, none, 0, 0};
  const std::array<float, 16> boxes = {0.5F,  0.5F, 0.2F, 0.4F, 0.5F, 0.5F, 1, 1,
                                       0.95F, 0.5F, 0.2F, 0.4F, 0,    0,    1, 1};
  const SetPrediction prediction{logits, boxes, 4, 3};
  const auto found = detections_of(prediction, {.confidence = 0.3F, .classes = {}}, 100, 50);
  REQUIRE(found.size() == 2);
  CHECK(found[0].class_id == 0);
  CHECK(found[0].confidence == doctest::Approx(0.8));
  CHECK(found[0].box.x1 == doctest::Approx(85));
  CHECK(found[0].box.x2 == 100);  // cut off at the edge
  CHECK(found[1].class_id == 1);
  CHECK(found[1].confidence == doctest::Approx(0.6));
  CHECK(found[1].box.x1 == doctest::Approx(40));
  CHECK(found[1].box.y1 == doctest::Approx(15));
  CHECK(found[1].box.y2 == doctest::Approx(35));
  const std::array only = {1};
  CHECK(detections_of(prediction, {.confidence = 0.3F, .classes = only}, 100, 50).size() == 1);
  CHECK(detections_of(prediction, {.confidence = 0.3F, .max_detections = 1, .classes = {}}, 100, 50).size() ==
        1);
  CHECK(detections_of(prediction, {.confidence = 0.7F, .classes = {}}, 100, 50).size() == 1);
}

}  // namespace lp
