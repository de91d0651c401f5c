#include "tasks/answer_error.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

namespace lp {
namespace {

ModelInfo detector() {
  ModelInfo info;
  info.task = "detect";
  info.labels = {"a", "b"};
  return info;
}

/// Anchors as columns: centre, size, and a score for each of two classes.
Outputs detections(const std::vector<std::array<float, 6>>& anchors) {
  std::vector<float> values;
  for (std::size_t row = 0; row < 6; ++row)
    for (const auto& anchor : anchors) values.push_back(anchor[row]);
  return {{"output", values}};
}

}  // namespace

TEST_CASE("an answer is judged where there is something to find") {
  const ModelInfo info = detector();
  const Outputs nothing = detections({{5, 5, 2, 2, 0.01F, 0.02F}});
  const Outputs object = detections({{5, 5, 2, 2, 0.9F, 0.02F}, {9, 9, 2, 2, 0, 0}});
  CHECK(answer_error(info, nothing, nothing).weight == 0);
  CHECK(answer_error(info, nothing, nothing).mean() == 0);
  CHECK(answer_error(info, object, object).weight == 1);
  CHECK(answer_error(info, object, object).sum == 0);

  // The same box with a lower score; half of the box; a box where the original has none.
  CHECK(answer_error(info, detections({{5, 5, 2, 2, 0.8F, 0.02F}, {9, 9, 2, 2, 0, 0}}), object).mean() ==
        doctest::Approx(0.1));
  CHECK(answer_error(info, detections({{5, 4.5F, 2, 1, 0.9F, 0.02F}, {9, 9, 2, 2, 0, 0}}), object).mean() ==
        doctest::Approx(0.5));
  CHECK(answer_error(info, detections({{5, 5, 2, 2, 0.9F, 0.02F}, {9, 9, 2, 2, 0, 0.4F}}), object).sum ==
        doctest::Approx(0.4));
  // Another class: what the right one lost, and what the wrong one gained.
  CHECK(answer_error(info, detections({{5, 5, 2, 2, 0.1F, 0.5F}, {9, 9, 2, 2, 0, 0}}), object).sum ==
        doctest::Approx(0.8 + 0.48));
}

TEST_CASE("vectors are judged by their angle") {
  ModelInfo info;
  info.task = "embed";
  const Outputs x = {{"embedding", {1, 0}}, {"tokens", {7}}};
  const Outputs y = {{"embedding", {0, 3}}, {"tokens", {7}}};
  CHECK(answer_error(info, x, x).mean() == doctest::Approx(0));
  CHECK(answer_error(info, x, y).mean() == doctest::Approx(1));
  CHECK(answer_error(info, x, y).weight == 1);
}

}  // namespace lp
