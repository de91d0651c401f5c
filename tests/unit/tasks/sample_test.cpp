#include "tasks/sample.hpp"

#include <doctest/doctest.h>

namespace lp {
namespace {

std::vector<std::int32_t> numbers(const TensorView& view) {
  const auto* const first = static_cast<const std::int32_t*>(view.data);
  return {first, first + view.elements()};
}

Image grey(int width, int height, std::uint8_t level) {
  const auto size = static_cast<std::size_t>(3 * width * height);
  return {width, height, std::vector<std::uint8_t>(size, level), width, height};
}

}  // namespace

TEST_CASE("texts of one length stand under each other, padded, each with its own end") {
  const ModelInfo info{.max_tokens = 64};
  Sample sample;
  sample.add({7, 8, 9}, info);
  sample.add(std::vector<std::int32_t>(16, 5), info);
  sample.add({6}, info);
  REQUIRE(sample.count() == 3);
  CHECK(sample.sizes(3).batch == 3);
  CHECK(sample.sizes(3).tokens == 16);
  const auto views = sample.views(0, 3);
  REQUIRE(views.size() == 2);
  CHECK(views[0].shape == std::vector<std::int64_t>{3, 16});
  std::vector<std::int32_t> expected(48, 0);
  std::copy_n(std::vector{7, 8, 9}.begin(), 3, expected.begin());
  std::fill_n(expected.begin() + 16, 16, 5);
  expected[32] = 6;
  CHECK(numbers(views[0]) == expected);
  CHECK(numbers(views[1]) == std::vector<std::int32_t>{3, 16, 1});
  CHECK(numbers(sample.views(1, 2)[1]) == std::vector<std::int32_t>{16, 1});
  CHECK(numbers(sample.views(2, 1)[0]) == std::vector<std::int32_t>(expected.begin() + 32, expected.end()));

  sample.clear();  // what was there does not show through
  sample.add(std::vector<std::int32_t>(20, 1), info);
  CHECK(sample.sizes().tokens == 32);
  const auto fresh = sample.views();
  CHECK(fresh[0].shape == std::vector<std::int64_t>{1, 32});
  std::vector<std::int32_t> padded(32, 0);
  std::fill_n(padded.begin(), 20, 1);
  CHECK(numbers(fresh[0]) == padded);
}

TEST_CASE("pictures of one size stand under each other") {
  Sample sample;
  const Letterbox wide = fit_rect(64, 32, 64, 32), square = fit(40, 40, 64, 64);
  CHECK(kind_of(wide) != kind_of(square));
  CHECK(kind_of(square) == kind_of(fit(64, 10, 64, 64)));
  sample.add(grey(64, 32, 255), wide);
  sample.add(grey(64, 32, 51), wide);
  const auto views = sample.views(0, 2);
  CHECK(views[0].shape == std::vector<std::int64_t>{2, 3, 32, 64});
  CHECK(views[0].strides == std::vector<std::int64_t>{3 * 32 * 64, 1, 3 * 64, 3});
  const auto* const pixels = static_cast<const float*>(views[0].data);
  CHECK(pixels[0] == 1.0F);
  CHECK(pixels[3 * 32 * 64 - 1] == 1.0F);
  CHECK(pixels[3 * 32 * 64] == doctest::Approx(0.2F));
  CHECK(static_cast<const float*>(sample.views(1, 1)[0].data) == pixels + 3 * 32 * 64);
  CHECK(sample.size_bytes() == 2U * 3 * 32 * 64 * 4);
}

TEST_CASE("pictures and texts of one model go through different graphs") {
  const ModelInfo both{.image_size = 32, .max_tokens = 77};
  CHECK(kind_of_text(5, both).graph == "text");
  CHECK(kind_of(grey(8, 8, 0), ImageTransform{}, both).graph == "image");
  CHECK(kind_of_text(5, both) != kind_of_text(17, both));
  CHECK(kind_of_text(5, both) == kind_of_text(16, both));
}

}  // namespace lp
