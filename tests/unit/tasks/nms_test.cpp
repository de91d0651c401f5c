#include "tasks/nms.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>

namespace lp {
namespace {

/// An output [4 + classes, anchors] with gaps between its rows, filled anchor by anchor.
struct Output {
  int classes, anchors;
  std::ptrdiff_t stride;
  std::vector<float> data;

  Output(int class_count, int anchor_count)
      : classes(class_count),
        anchors(anchor_count),
        stride(anchor_count + 3),
        data(static_cast<std::size_t>((4 + class_count) * stride), -1.0F) {
    for (int anchor = 0; anchor < anchors; ++anchor)
      for (int row = 0; row < 4 + classes; ++row) at(row, anchor) = 0;
  }
  float& at(int row, int anchor) { return data[static_cast<std::size_t>(row * stride + anchor)]; }
  void put(int anchor, const std::array<float, 4>& box, int class_id, float score) {
    for (int i = 0; i < 4; ++i) at(i, anchor) = box[static_cast<std::size_t>(i)];
    at(4 + class_id, anchor) = score;
  }
  std::vector<Detection> detect(const NmsOptions& options = {}) const {
    return non_max_suppression(
        {.data = data.data(), .classes = classes, .anchors = anchors, .stride = stride}, options);
  }
};

TEST_CASE("nms: corners, best class, order") {
  Output output(3, 4);
  output.put(1, {50, 60, 20, 10}, 0, 0.3F);
  output.at(4 + 2, 1) = 0.6F;  // a better class of the same anchor
  output.put(2, {10, 10, 4, 4}, 1, 0.9F);
  const auto found = output.detect();
  REQUIRE(found.size() == 2);
  CHECK(found[0].class_id == 1);
  CHECK(found[0].anchor == 2);
  CHECK(found[1].anchor == 1);
  CHECK(found[0].confidence == 0.9F);
  CHECK(found[1].class_id == 2);
  CHECK(found[1].box.x1 == 40);
  CHECK(found[1].box.y1 == 55);
  CHECK(found[1].box.x2 == 60);
  CHECK(found[1].box.y2 == 65);
}

TEST_CASE("nms: the threshold itself is too little") {
  Output output(1, 2);
  output.put(0, {5, 5, 2, 2}, 0, 0.25F);
  output.put(1, {50, 5, 2, 2}, 0, std::nextafter(0.25F, 1.0F));
  CHECK(output.detect().size() == 1);
  CHECK(output.detect({.confidence = 0}).size() == 2);
}

TEST_CASE("nms: drops what overlaps a better one of its class") {
  Output output(2, 4);
  output.put(0, {10, 10, 10, 10}, 0, 0.5F);
  output.put(1, {11, 10, 10, 10}, 0, 0.8F);  // 9 / 11 with the first
  output.put(2, {11, 10, 10, 10}, 1, 0.4F);  // another class
  output.put(3, {13, 10, 10, 10}, 0, 0.3F);  // 2 / 3 with the second
  const auto found = output.detect();
  REQUIRE(found.size() == 3);
  CHECK(found[0].confidence == 0.8F);
  CHECK(found[1].class_id == 1);
  CHECK(found[2].confidence == 0.3F);
  CHECK(output.detect({.iou = 0.6F}).size() == 2);
  CHECK(output.detect({.iou = 0.9F}).size() == 4);
}

TEST_CASE("nms: a dropped box drops nothing") {
  Output output(1, 3);
  output.put(0, {10, 10, 10, 10}, 0, 0.9F);
  output.put(1, {12, 10, 10, 10}, 0, 0.8F);  // 2 / 3 with the first
  output.put(2, {14, 10, 10, 10}, 0, 0.7F);  // 2 / 3 with the second, 3 / 7 with the first
  CHECK(output.detect({.iou = 0.5F}).size() == 2);
}

TEST_CASE("nms: only some classes, only so many, equal ones in order") {
  Output output(3, 2000);
  for (int i = 0; i < output.anchors; ++i) output.put(i, {static_cast<float>(10 * i), 5, 4, 4}, i % 3, 0.5F);
  const auto found = output.detect();
  REQUIRE(found.size() == 300);
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i].box.x1 == static_cast<float>(i) * 10 - 2);
  const std::array<int, 1> wanted{2};
  for (const Detection& detection : output.detect({.max_detections = 10, .classes = wanted}))
    CHECK(detection.class_id == 2);
  CHECK(output.detect({.max_detections = 10, .classes = wanted}).size() == 10);
  CHECK(output.detect({.max_detections = 0}).empty());
  const std::array<int, 1> unknown{17};
  CHECK(output.detect({.classes = unknown}).empty());
}

TEST_CASE("nms: what is no number never gets through") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(),
                  infinity = std::numeric_limits<float>::infinity();
  Output output(2, 5);
  output.put(0, {5, 5, 2, 2}, 0, nan);
  output.put(1, {5, 5, 2, 2}, 0, infinity);
  output.put(2, {nan, 5, 2, 2}, 0, 0.9F);
  output.put(3, {5, 5, infinity, 2}, 0, 0.9F);
  output.put(4, {5, 5, 2, 2}, 0, nan);
  output.at(4 + 1, 4) = 0.7F;
  const auto found = output.detect();
  REQUIRE(found.size() == 1);
  CHECK(found[0].confidence == 0.7F);
}

TEST_CASE("nms: nothing in, nothing out") {
  CHECK(Output(1, 0).detect().empty());
  CHECK(Output(0, 3).detect().empty());
}

TEST_CASE("nms: what is kept overlaps by no more than allowed, what is dropped overlaps a better one") {
  std::mt19937 random(3);  // NOLINT(bugprone-random-generator-seed): the same boxes each time
  std::uniform_real_distribution<float> place(0, 100), size(5, 40), score(0, 1);
  Output output(4, 3000);
  for (int i = 0; i < output.anchors; ++i) {
    const float x = place(random), y = place(random), width = size(random), height = size(random);
    output.put(i, {x, y, width, height}, i % 4, score(random));
  }
  const auto found = output.detect({.confidence = 0.5F, .iou = 0.5F, .max_detections = 3000});
  const auto all = output.detect({.confidence = 0.5F, .iou = 1, .max_detections = 3000});
  CHECK(found.size() < all.size());
  // The classes are kept apart by an offset that costs the overlap some precision.
  constexpr float slack = 1e-3F;
  std::size_t dropped = 0;
  for (const Detection& one : all) {
    bool overlaps_better = false, is_kept = false;
    for (const Detection& kept : found) {
      is_kept |= kept.confidence == one.confidence && kept.box.x1 == one.box.x1;
      overlaps_better |= kept.class_id == one.class_id && kept.confidence > one.confidence &&
                         iou(kept.box, one.box) > 0.5F - slack;
    }
    if (!is_kept) ++dropped;
    if (!is_kept) CHECK(overlaps_better);
  }
  CHECK(dropped + found.size() == all.size());
  for (const Detection& one : found)
    for (const Detection& other : found)
      if (one.class_id == other.class_id && one.confidence > other.confidence)
        CHECK(iou(one.box, other.box) <= 0.5F + slack);
}

}  // namespace
}  // namespace lp
