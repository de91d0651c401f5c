#include "tasks/draw.hpp"

#include "tasks/font.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <set>

namespace lp {
namespace {

Image black(int width, int height) {
  Image image{.width = width, .height = height, .rgb = {}, .full_width = width, .full_height = height};
  image.rgb.resize(static_cast<std::size_t>(3 * width * height));
  return image;
}

Color pixel(const Image& image, int x, int y) {
  const auto at = static_cast<std::size_t>(3 * (y * image.width + x));
  return {image.rgb[at], image.rgb[at + 1], image.rgb[at + 2]};
}

constexpr Color nothing{0, 0, 0};

TEST_CASE("draw: twenty colours that differ") {
  std::set<Color> colors;
  for (int id = 0; id < 20; ++id) colors.insert(class_color(id));
  CHECK(colors.size() == 20);
  CHECK(class_color(20) == class_color(0));
  CHECK(class_color(0) == Color{242, 36, 36});  // hue 0: red
  CHECK(class_color(-1) == class_color(19));
  CHECK(class_color(std::numeric_limits<int>::min()) == class_color(std::numeric_limits<int>::min() + 20));
}

TEST_CASE("draw: text is black on light, white on dark") {
  CHECK(text_color({255, 255, 0}) == Color{0, 0, 0});
  CHECK(text_color({0, 0, 255}) == Color{255, 255, 255});
}

TEST_CASE("draw: a frame on its box") {
  Image image = black(200, 200);
  const std::vector<Detection> found = {{.class_id = 0, .confidence = 0.9F, .box = {50, 100, 150, 180}}};
  const Labels labels = draw_detections(image, found, {});
  CHECK((labels == Labels::drawn) == Font::open(font_paths(), 12).has_value());
  const Color color = class_color(0);
  CHECK(pixel(image, 149, 140) == color);
  CHECK(pixel(image, 50, 140) == color);
  CHECK(pixel(image, 100, 179) == color);
  CHECK(pixel(image, 100, 140) == nothing);
  CHECK(pixel(image, 49, 140) == nothing);
  CHECK(pixel(image, 150, 140) == nothing);
  CHECK(pixel(image, 100, 180) == nothing);
  if (labels == Labels::drawn) CHECK(pixel(image, 50, 96) == color);  // the tag stands on the box
}

TEST_CASE("draw: boxes are in pixels of the full picture") {
  Image image = black(100, 100);
  image.full_width = image.full_height = 400;
  draw_detections(image,
                  std::vector<Detection>{{.class_id = 3, .confidence = 1, .box = {200, 200, 400, 400}}}, {});
  CHECK(pixel(image, 99, 75) == class_color(3));
  CHECK(pixel(image, 75, 99) == class_color(3));
  CHECK(pixel(image, 50, 75) == class_color(3));
}

TEST_CASE("draw: any box and any label on any picture") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(),
                  infinity = std::numeric_limits<float>::infinity();
  const std::vector<std::string> names = {"", "\xFF\xFE broken", std::string(5000, 'w'),
                                          "line\nbreak \xE6\xBC\xA2"};
  std::vector<Detection> found;
  for (const Box& box : {Box{-50, -50, 500, 500}, Box{nan, 0, 5, 5}, Box{-infinity, 0, infinity, 1},
                         Box{5, 5, 5, 5}, Box{9, 9, 2, 2}, Box{400, 400, 900, 900}})
    for (int id = -1; id < 5; ++id) found.push_back({.class_id = id, .confidence = 0.5F, .box = box});
  for (const auto& [width, height] : {std::pair{1, 1}, {3, 200}, {300, 2}, {64, 64}}) {
    Image image = black(width, height);
    draw_detections(image, found, names);
    CHECK(image.rgb.size() == static_cast<std::size_t>(3 * width * height));
  }
}

TEST_CASE("draw: a mask is half of the class's colour, half of the picture") {
  Image image = black(3, 2);
  image.rgb[0] = 201;
  draw_mask(image, {.height = 2, .width = 3, .counts = {0, 1, 2, 3}}, {100, 50, 255});
  CHECK(pixel(image, 0, 0) == Color{151, 25, 128});
  CHECK(pixel(image, 0, 1) == nothing);
  CHECK(pixel(image, 1, 0) == nothing);
  CHECK(pixel(image, 1, 1) == Color{50, 25, 128});
  CHECK(pixel(image, 2, 0) == Color{50, 25, 128});
  CHECK(pixel(image, 2, 1) == Color{50, 25, 128});
}

TEST_CASE("draw: the mask of a picture that was decoded at half its size") {
  Image image = black(2, 2);
  image.full_width = image.full_height = 4;
  // The right half of the full picture, but for its last row.
  draw_mask(image, {.height = 4, .width = 4, .counts = {8, 3, 1, 3, 1}}, {255, 255, 255});
  CHECK(pixel(image, 0, 0) == nothing);
  CHECK(pixel(image, 1, 0) == Color{128, 128, 128});
  CHECK(pixel(image, 1, 1) == nothing);
}

}  // namespace
}  // namespace lp
