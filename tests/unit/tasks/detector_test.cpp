#include "tasks/detector.hpp"

#include "support/formula.hpp"
#include "support/tiny_model.hpp"

#include <doctest/doctest.h>

namespace lp {
namespace {

Image picture(int width, int height, int number) {
  Image image{width, height, {}, width, height};
  for (const double u : formula_uniform("picture" + std::to_string(number), 3LL * width * height))
    image.rgb.push_back(static_cast<std::uint8_t>(u * 256));
  return image;
}

}  // namespace

TEST_CASE("pictures that go through one run get what each gets alone") {
  const auto model = tiny_model();
  const DetectOptions options{.confidence = 0.01F};
  for (const Backend* backend : backends()) {
    INFO(backend->name());
    Detector detector(
        {model, {backend, DType::f32, ""}, backend->weights(model->checkpoint), std::make_shared<Lane>(1)}, 0,
        false);
    const std::vector<Image> pictures = {picture(64, 48, 0), picture(100, 100, 1), picture(30, 64, 2),
                                         picture(64, 64, 3)};
    std::vector<DetectResult> alone;
    for (const Image& image : pictures) alone.push_back(detector.detect(image, options));
    REQUIRE(!alone[0].detections.empty());
    REQUIRE(!alone[1].detections.empty());
    CHECK(alone[0].detections[0].confidence != alone[1].detections[0].confidence);

    Sample sample;
    for (const Image& image : pictures) {
      CHECK(detector.kind_of(image) == detector.kind_of(pictures[0]));
      detector.add(image, sample);
    }
    const auto check = [&](std::size_t number, std::size_t position) {
      const DetectResult found = detector.result(position, size_of(pictures[number]), options);
      const std::vector<Detection>& expected = alone[number].detections;
      REQUIRE(found.detections.size() == expected.size());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(found.detections[i].class_id == expected[i].class_id);
        CHECK(found.detections[i].anchor == expected[i].anchor);
        CHECK(found.detections[i].confidence == doctest::Approx(expected[i].confidence).epsilon(1e-5));
        CHECK(found.detections[i].box.x1 == doctest::Approx(expected[i].box.x1).epsilon(1e-4));
        CHECK(found.detections[i].box.y2 == doctest::Approx(expected[i].box.y2).epsilon(1e-4));
      }
    };
    detector.run(sample, 0, 4);
    for (std::size_t i = 0; i < 4; ++i) check(i, i);
    detector.run(sample, 1, 2);  // a part of them
    check(1, 0);
    check(2, 1);
  }
}

}  // namespace lp
