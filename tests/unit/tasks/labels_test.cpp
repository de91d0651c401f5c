#include "tasks/labels.hpp"

#include "base/error.hpp"

#include <doctest/doctest.h>

namespace lp {

TEST_CASE("boxes and outlines in parts of the picture") {
  const auto labels =
      read_yolo_labels("1 0.5 0.5 0.2 0.4\r\n\n0 0.1 0.2 0.3 0.1 0.2 0.6\n", "x.txt", 2, 100, 50);
  REQUIRE(labels.size() == 2);
  CHECK(labels[0].class_id == 1);
  CHECK(labels[0].confidence == 1);
  CHECK(labels[0].box.x1 == doctest::Approx(40));
  CHECK(labels[0].box.y1 == doctest::Approx(15));
  CHECK(labels[0].box.x2 == doctest::Approx(60));
  CHECK(labels[0].box.y2 == doctest::Approx(35));
  CHECK(labels[1].box.x1 == doctest::Approx(10));
  CHECK(labels[1].box.y1 == doctest::Approx(5));
  CHECK(labels[1].box.x2 == doctest::Approx(30));
  CHECK(labels[1].box.y2 == doctest::Approx(30));
  CHECK(read_yolo_labels("", "x.txt", 2, 100, 50).empty());
}

TEST_CASE("what is no label is named") {
  for (const char* text : {"2 0.5 0.5 0.2 0.4", "0.5 0.5 0.5 0.2 0.4", "-1 0 0 1 1", "0 0.5 0.5 0.2",
                           "0 a b c d", "0 0.5 0.5 0.2 0.4 0.9", "0 nan 0 1 1", "0 1e999 0 1 1"})
    CHECK_THROWS_AS(read_yolo_labels(text, "x.txt", 2, 100, 50), Error);
}

TEST_CASE("a class by name or number") {
  const std::vector<std::string> labels = {"cat", "dog", "0"};
  CHECK(read_class_label("dog\n", "x.txt", labels) == 1);
  CHECK(read_class_label("1", "x.txt", labels) == 1);
  CHECK(read_class_label("0", "x.txt", labels) == 2);  // a name first
  for (const char* text : {"", "cat\ndog", "3", "-1", "1.5", "bird"})
    CHECK_THROWS_AS(read_class_label(text, "x.txt", labels), Error);
}

}  // namespace lp
