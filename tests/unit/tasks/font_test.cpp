#include "tasks/font.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace lp {
namespace {

std::u32string decode(std::string_view text) {
  std::u32string codes;
  while (!text.empty()) codes += take_code_point(text);
  return codes;
}

TEST_CASE("font: UTF-8 of every length") {
  CHECK(decode("a\xC3\xA9\xE6\xBC\xA2\xF0\x9F\x98\x80z") == U"a\u00E9\u6F22\U0001F600z");
}

TEST_CASE("font: what is not UTF-8 is replaced byte by byte") {
  CHECK(decode("\xFFx") == U"\uFFFDx");
  CHECK(decode("\xC3") == U"\uFFFD");  // ends early
  CHECK(decode("\xE6\xBC") == U"\uFFFD\uFFFD");
  CHECK(decode("\xC0\x80") == U"\uFFFD\uFFFD");  // longer than needed
  CHECK(decode("\xE0\x80\x80") == U"\uFFFD\uFFFD\uFFFD");
  CHECK(decode("\xED\xA0\x80") == U"\uFFFD\uFFFD\uFFFD");            // half of a UTF-16 pair
  CHECK(decode("\xF4\x90\x80\x80") == U"\uFFFD\uFFFD\uFFFD\uFFFD");  // beyond the last plane
}

TEST_CASE("font: no file, no font") {
  CHECK_FALSE(Font::open({"/there/is/no/such/font.ttf"}, 12).has_value());
  CHECK_FALSE(Font::open({}, 12).has_value());
}

TEST_CASE("font: text stays in the picture") {
  auto font = Font::open(font_paths(), 16);
  if (!font) return;  // a machine without fonts
  CHECK(font->width("mm") > font->width("m"));
  CHECK(font->width("") == 0);
  const std::string text = "gjM\xFF\n\xC3\xA9";
  for (const int size : {1, 7, 40}) {
    Image image{.width = size, .height = size, .rgb = {}, .full_width = size, .full_height = size};
    image.rgb.resize(static_cast<std::size_t>(3 * size * size));
    for (int place = -60; place <= 60; place += 5)
      font->write(image, place, place, size + 10, text, {255, 255, 255});
    if (size == 40) CHECK(std::ranges::max(image.rgb) > 128);
  }
}

TEST_CASE("font: text ends where it must") {
  auto font = Font::open(font_paths(), 16);
  if (!font) return;  // a machine without fonts
  Image image{.width = 60, .height = 20, .rgb = {}, .full_width = 60, .full_height = 20};
  image.rgb.resize(3 * 60 * 20);
  font->write(image, 0, 15, 30, "MMMMMMMM", {255, 255, 255});
  for (std::size_t y = 0; y < 20; ++y)
    for (std::size_t x = 30; x < 60; ++x) CHECK(image.rgb[3 * (y * 60 + x)] == 0);
}

}  // namespace
}  // namespace lp
