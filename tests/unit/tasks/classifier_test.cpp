#include "tasks/classifier.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

namespace lp {

TEST_CASE("predictions are ordered by confidence, equals by number, and add up to one") {
  const std::array logits = {0.0F, 2.0F, -1.0F, 2.0F};
  const std::vector<Prediction> all = top_predictions(logits, 10);
  REQUIRE(all.size() == 4);
  CHECK(all[0].class_id == 1);
  CHECK(all[1].class_id == 3);
  CHECK(all[2].class_id == 0);
  CHECK(all[3].class_id == 2);
  CHECK(all[0].confidence == all[1].confidence);
  CHECK(all[0].confidence + all[1].confidence + all[2].confidence + all[3].confidence ==
        doctest::Approx(1).epsilon(1e-6));
  CHECK(all[2].confidence / all[3].confidence == doctest::Approx(std::exp(1.0)).epsilon(1e-6));
  CHECK(top_predictions(logits, 1).size() == 1);
}

TEST_CASE("large logits do not overflow") {
  const std::array logits = {1000.0F, -1000.0F};
  CHECK(top_predictions(logits, 2)[0].confidence == 1.0F);
  CHECK(top_predictions(logits, 2)[1].confidence == 0.0F);
  CHECK(top_predictions({}, 2).empty());
}

}  // namespace lp
