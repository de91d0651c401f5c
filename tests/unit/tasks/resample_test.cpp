#include "tasks/resample.hpp"

#include "base/error.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

namespace lp {
namespace {

using Values = std::vector<int>;

/// Values without a pattern that a resize could hide in.
Image formula(int width, int height) {
  Image image;
  image.width = image.full_width = width;
  image.height = image.full_height = height;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c)
        image.rgb.push_back(static_cast<std::uint8_t>((x * x * 37 + y * 101 + x * y * 53 + c * 71) % 256));
  return image;
}

struct Resized {
  int width, height, to_width, to_height;
  ResampleFilter filter;
  Values values;  // [h, w, 3]
};

/// Image.fromarray(formula).resize((to_width, to_height), filter) of Pillow 9.4.0.
const std::vector<Resized> pillow = {
    {7,
     5,
     3,
     2,
     ResampleFilter::nearest,
     {191, 6, 77, 81, 152, 223, 11, 82, 153, 243, 58, 129, 89, 160, 231, 231, 46, 117}},
    {7,
     5,
     3,
     2,
     ResampleFilter::lanczos,
     {98, 100, 170, 102, 157, 165, 118, 132, 90, 135, 120, 120, 116, 108, 181, 144, 96, 116}},
    {7,
     5,
     3,
     2,
     ResampleFilter::bilinear,
     {105, 105, 159, 102, 149, 167, 117, 130, 98, 134, 116, 123, 115, 115, 175, 140, 98, 121}},
    {7,
     5,
     3,
     2,
     ResampleFilter::bicubic,
     {100, 102, 165, 101, 155, 167, 117, 132, 94, 135, 120, 120, 115, 110, 179, 142, 97, 119}},
    {7,
     5,
     3,
     2,
     ResampleFilter::box,
     {104, 89, 160, 106, 148, 162, 113, 142, 85, 145, 152, 95, 116, 101, 172, 135, 78, 149}},
    {7,
     5,
     3,
     2,
     ResampleFilter::hamming,
     {105, 98, 158, 98, 157, 177, 110, 128, 102, 141, 123, 117, 109, 117, 187, 140, 95, 128}},
    {3, 2, 5, 3, ResampleFilter::nearest, {0,   71,  142, 0,   71,  142, 37,  108, 179, 148, 219, 34,
                                           148, 219, 34,  101, 172, 243, 101, 172, 243, 191, 6,   77,
                                           99,  170, 241, 99,  170, 241, 101, 172, 243, 101, 172, 243,
                                           191, 6,   77,  99,  170, 241, 99,  170, 241}},
    {3, 2, 5, 3, ResampleFilter::lanczos, {0,   56,  118, 0,   68,  169, 18, 121, 192, 112, 197, 74,
                                           168, 235, 0,   44,  133, 194, 71, 87,  171, 114, 57,  128,
                                           127, 143, 128, 123, 212, 136, 99, 210, 255, 157, 105, 172,
                                           210, 0,   64,  141, 88,  181, 77, 188, 255}},
    {3, 2, 5, 3, ResampleFilter::bilinear, {0,   71,  142, 15,  86,  157, 37,  108, 179, 104, 175, 92,
                                            148, 219, 34,  51,  122, 193, 76,  96,  167, 114, 57,  128,
                                            120, 140, 134, 124, 195, 138, 101, 172, 243, 137, 106, 177,
                                            191, 6,   77,  136, 104, 175, 99,  170, 241}},
    {3, 2, 5, 3, ResampleFilter::bicubic, {0,   60,  131, 0,   77,  160, 27,  115, 186, 109, 187, 81,
                                           160, 230, 8,   47,  127, 197, 73,  93,  169, 114, 57,  128,
                                           123, 144, 132, 124, 205, 138, 100, 193, 255, 145, 108, 178,
                                           201, 0,   70,  137, 100, 182, 88,  179, 255}},
    {3, 2, 5, 3, ResampleFilter::box, {0,   71,  142, 0,   71,  142, 37,  108, 179, 148, 219, 34,
                                       148, 219, 34,  101, 172, 243, 101, 172, 243, 191, 6,   77,
                                       99,  170, 241, 99,  170, 241, 101, 172, 243, 101, 172, 243,
                                       191, 6,   77,  99,  170, 241, 99,  170, 241}},
    {3, 2, 5, 3, ResampleFilter::hamming, {0,   71,  142, 10,  81,  152, 37,  108, 179, 117, 188, 75,
                                           148, 219, 34,  51,  122, 193, 68,  104, 175, 114, 57,  128,
                                           121, 156, 135, 124, 195, 138, 101, 172, 243, 126, 126, 197,
                                           191, 6,   77,  125, 124, 195, 99,  170, 241}},
};

TEST_CASE("resample: every filter as Pillow has it") {
  for (const Resized& wanted : pillow) {
    CAPTURE(name(wanted.filter));
    const Image scaled =
        resample(formula(wanted.width, wanted.height), wanted.to_width, wanted.to_height, wanted.filter);
    CHECK(scaled.width == wanted.to_width);
    CHECK(scaled.height == wanted.to_height);
    CHECK(Values(scaled.rgb.begin(), scaled.rgb.end()) == wanted.values);
  }
}

TEST_CASE("resample: pixels that can be checked by hand") {
  Image step = formula(4, 1);
  step.rgb = {0, 0, 0, 10, 20, 30, 100, 100, 100, 101, 101, 101};
  const Image half = resample(step, 2, 1, ResampleFilter::box);  // means of two, halves up
  CHECK(Values(half.rgb.begin(), half.rgb.end()) == Values{5, 10, 15, 101, 101, 101});
  CHECK(resample(step, 4, 1, ResampleFilter::lanczos).rgb == step.rgb);
}

TEST_CASE("resample: a colour stays what it is, also over more rows than are scaled at once") {
  Image plain = formula(61, 1003);
  std::fill(plain.rgb.begin(), plain.rgb.end(), std::uint8_t{255});
  for (const ResampleFilter filter :
       {ResampleFilter::bicubic, ResampleFilter::lanczos, ResampleFilter::box}) {
    const Image scaled = resample(plain, 17, 3, filter);
    CHECK(std::accumulate(scaled.rgb.begin(), scaled.rgb.end(), 0) == 255 * 17 * 3 * 3);
  }
}

TEST_CASE("resample: a window is a part of the whole, in any order of rows") {
  const Image image = formula(90, 130);
  for (const int side : {40, 90, 200}) {
    for (const ResampleFilter filter : {ResampleFilter::nearest, ResampleFilter::bicubic}) {
      const Image whole = resample(image, side, 2 * side, filter);
      ResampledRows rows(image, side, 2 * side, filter, {.left = 7, .top = 11, .width = 30, .height = 19});
      for (const int y : {0, 1, 18, 5, 4, 17}) {
        const std::uint8_t* const part = rows.row(y);
        const auto start = whole.rgb.begin() + 3 * ((y + 11) * side + 7);
        CHECK(Values(part, part + 90) == Values(start, start + 90));
      }
    }
  }
}

TEST_CASE("resample: filters by name and by number") {
  CHECK(resample_filter("hamming") == ResampleFilter::hamming);
  CHECK(resample_filter(std::int64_t{3}) == ResampleFilter::bicubic);
  CHECK(!resample_filter("cubic"));
  CHECK(!resample_filter(std::int64_t{6}));
  CHECK(!resample_filter(std::int64_t{-1}));
  CHECK(resample_filter_names() == "nearest, lanczos, bilinear, bicubic, box, hamming");
}

TEST_CASE("resample: sizes that cannot be") {
  CHECK_THROWS_WITH_AS(
      resample(formula(2, 2), 0, 4, ResampleFilter::box),
      "a picture cannot be scaled to 0 x 4: each side is at least 1, the whole at most 100 megapixels",
      Error);
  CHECK_THROWS_AS(resample(formula(2, 2), 100'000, 100'000, ResampleFilter::box), Error);
}

}  // namespace
}  // namespace lp
