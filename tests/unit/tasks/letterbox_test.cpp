#include "tasks/letterbox.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <vector>

namespace lp {
namespace {

using Values = std::vector<int>;

Image picture(int width, int height, const std::vector<std::uint8_t>& rgb) {
  return {.width = width, .height = height, .rgb = rgb, .full_width = width, .full_height = height};
}

/// Values without a pattern that a resize could hide in.
Image formula(int width, int height) {
  std::vector<std::uint8_t> rgb;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c)
        rgb.push_back(static_cast<std::uint8_t>((x * x * 37 + y * 101 + x * y * 53 + c * 71) % 256));
  return picture(width, height, rgb);
}

/// The input as bytes, in the order of the layout.
Values letterboxed(const Image& image, const Letterbox& box, PixelLayout layout) {
  std::vector<float> input(3 * static_cast<std::size_t>(box.width * box.height));
  letterbox_rgb(image, box, input.data(), layout);
  Values bytes;
  for (const float value : input) {
    bytes.push_back(static_cast<int>(std::lround(value * 255)));
    CHECK(value == static_cast<float>(bytes.back()) / 255.0F);
  }
  return bytes;
}

void check_fit(const Letterbox& box, int scaled_width, int scaled_height, int pad_left, int pad_top) {
  CHECK(box.scaled_width == scaled_width);
  CHECK(box.scaled_height == scaled_height);
  CHECK(box.pad_left == pad_left);
  CHECK(box.pad_top == pad_top);
}

struct Resized {
  int width, height, to_width, to_height;
  Values values;  // [h, w, 3]
};

/// cv2.resize(formula, (to_width, to_height), interpolation=cv2.INTER_LINEAR) of OpenCV 4.10.0; 5.0.0 gives
/// the same.
const std::vector<Resized> opencv = {
    {5, 4, 3, 3, {32,  89,  160, 140, 211, 68, 85,  157, 199, 148, 91,  162, 75, 146,
                  217, 138, 124, 109, 121, 92, 163, 9,   80,  151, 190, 91,  162}},
    {4, 3, 7, 5, {0,  71,  142, 13, 84,  155, 34,  105, 176, 92,  163, 106, 143, 214, 47,  102, 173, 153,
                  77, 148, 219, 40, 111, 182, 61,  96,  166, 94,  70,  141, 113, 133, 127, 125, 196, 124,
                  96, 167, 183, 78, 150, 220, 101, 172, 243, 133, 113, 184, 185, 18,  89,  145, 88,  159,
                  98, 169, 240, 87, 158, 229, 81,  152, 223, 161, 79,  150, 150, 86,  157, 132, 97,  168,
                  99, 119, 190, 71, 141, 212, 78,  149, 220, 83,  154, 225, 202, 17,  88,  162, 68,  139,
                  97, 150, 221, 69, 140, 211, 52,  123, 194, 72,  143, 214, 85,  156, 227}},
    {6, 4, 3, 2, {82, 89, 160, 101, 172, 179, 96, 167, 110, 145, 88, 159, 56, 127, 198, 199, 78, 85}},
    {1, 3, 2, 2, {25, 96, 167, 25, 96, 167, 177, 56, 127, 177, 56, 127}},
};

TEST_CASE("letterbox: sizes and pads") {
  check_fit(fit(1024, 768, 640, 640), 640, 480, 0, 80);
  check_fit(fit(768, 1024, 640, 640), 480, 640, 80, 0);
  check_fit(fit(640, 480, 640, 480), 640, 480, 0, 0);
  check_fit(fit(100, 50, 640, 640), 640, 320, 0, 160);
  check_fit(fit(1000, 1, 320, 320), 320, 1, 0, 159);  // never less than a pixel; the odd one is below
  check_fit(fit(5, 1, 2, 2), 2, 1, 0, 0);
  check_fit(fit(4, 1, 10, 10), 10, 2, 0, 4);  // 2.5 rounds to the even 2
  check_fit(fit(4, 3, 10, 10), 10, 8, 0, 1);  // 7.5 to the even 8
}

TEST_CASE("letterbox: the shorter side only to the stride") {
  const Letterbox wide = fit_rect(1024, 768, 640, 32);
  CHECK(wide.width == 640);
  CHECK(wide.height == 480);
  const Letterbox tall = fit_rect(500, 810, 640, 32);  // 395 x 640
  CHECK(tall.width == 416);
  CHECK(tall.height == 640);
  check_fit(tall, 395, 640, 10, 0);
}

TEST_CASE("letterbox: pixels that can be checked by hand") {
  const Image dot = picture(1, 1, {10, 20, 30});
  const Letterbox middle{
      .pad_left = 1, .pad_top = 0, .width = 3, .height = 1, .scaled_width = 1, .scaled_height = 1};
  CHECK(letterboxed(dot, middle, PixelLayout::interleaved) ==
        Values{114, 114, 114, 10, 20, 30, 114, 114, 114});
  CHECK(letterboxed(dot, middle, PixelLayout::planar) == Values{114, 10, 114, 114, 20, 114, 114, 30, 114});
  CHECK(letterboxed(dot, fit(1, 1, 1, 3), PixelLayout::planar) ==
        Values{114, 10, 114, 114, 20, 114, 114, 30, 114});

  // Twice as wide: 1/4 and 3/4 of the way from 0 to 100.
  const Image step = picture(2, 1, {0, 0, 0, 100, 100, 100});
  CHECK(letterboxed(step, fit(2, 1, 4, 2), PixelLayout::planar) == Values{0, 25, 75, 100, 0, 25, 75, 100,
                                                                          0, 25, 75, 100, 0, 25, 75, 100,
                                                                          0, 25, 75, 100, 0, 25, 75, 100});

  // Exactly half: the mean of four, halves up.
  const Image four = picture(2, 2, {0, 1, 10, 0, 1, 20, 1, 1, 30, 1, 1, 41});
  CHECK(letterboxed(four, fit(2, 2, 1, 1), PixelLayout::planar) == Values{1, 1, 25});
}

TEST_CASE("letterbox: every byte becomes the float that dividing by 255 gives") {
  std::vector<std::uint8_t> rgb;
  for (int value = 0; value < 256; ++value) rgb.insert(rgb.end(), 3, static_cast<std::uint8_t>(value));
  const Values values = letterboxed(picture(256, 1, rgb), fit(256, 1, 256, 1), PixelLayout::planar);
  for (int i = 0; i < 256; ++i) CHECK(values[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("letterbox: scales as OpenCV does") {
  for (const Resized& wanted : opencv) {
    const Letterbox box{.width = wanted.to_width,
                        .height = wanted.to_height,
                        .scaled_width = wanted.to_width,
                        .scaled_height = wanted.to_height};
    const Image image = formula(wanted.width, wanted.height);
    CHECK(letterboxed(image, box, PixelLayout::interleaved) == wanted.values);
    Values planar;
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t i = c; i < wanted.values.size(); i += 3) planar.push_back(wanted.values[i]);
    CHECK(letterboxed(image, box, PixelLayout::planar) == planar);
  }
}

TEST_CASE("letterbox: boxes back to the picture") {
  const Letterbox box = fit(1280, 960, 640, 640);  // half the size, 80 above
  const Box back = to_image({100, 180, 300, 400}, box, 1280, 960);
  CHECK(back.x1 == 200);
  CHECK(back.y1 == 200);
  CHECK(back.x2 == 600);
  CHECK(back.y2 == 640);

  const Box cut = to_image({-5, 10, 700, 700}, box, 1280, 960);
  CHECK(cut.x1 == 0);
  CHECK(cut.y1 == 0);
  CHECK(cut.x2 == 1280);
  CHECK(cut.y2 == 960);

  // 3 x 1000 becomes 2 x 640: the narrow side has a gain of its own.
  const Letterbox thin = fit(3, 1000, 640, 640);
  const Box whole = to_image({319, 0, 321, 640}, thin, 3, 1000);
  CHECK(whole.x1 == 0);
  CHECK(whole.x2 == 3);
  CHECK(whole.y2 == 1000);
}

}  // namespace
}  // namespace lp
