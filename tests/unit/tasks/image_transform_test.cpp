#include "tasks/image_transform.hpp"

#include "base/error.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace lp {
namespace {

using nlohmann::json;
using Size = ImageTransform::Size;
using Scale = ImageTransform::Scale;
using Crop = ImageTransform::Crop;

/// Pixel number i, from the left and then down, has the colour i, i + 100, i + 200 (modulo 256).
Image numbered(int width, int height) {
  Image image;
  image.width = image.full_width = width;
  image.height = image.full_height = height;
  for (int i = 0; i < width * height; ++i)
    for (const int c : {0, 100, 200}) image.rgb.push_back(static_cast<std::uint8_t>(i + c));
  return image;
}

std::vector<float> applied(const ImageTransform& transform, const Image& image,
                           PixelLayout layout = PixelLayout::planar) {
  const Size size = transform.output_size(image.width, image.height);
  std::vector<float> values(3 * static_cast<std::size_t>(size.width * size.height));
  transform.apply(image, values, layout);
  return values;
}

/// The red plane of pixels that are only cut.
std::vector<float> cut(Crop crop, Size size, const Image& image) {
  ImageTransform transform;
  transform.crop = crop;
  transform.crop_size = size;
  transform.factor = 1;
  transform.fill = {99, 98, 97};
  std::vector<float> values = applied(transform, image);
  values.resize(values.size() / 3);
  return values;
}

json hugging_face(const std::string& type, json more = json::object()) {
  more["image_processor_type"] = type;
  return more;
}

/// The sentence of the error that a config raises.
std::string complaint(const json& config) {
  try {
    ImageTransform::from_hugging_face(config);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("image transform: where the middle is") {
  using Values = std::vector<float>;
  // transformers: (5 - 2) // 2 = 1; torchvision: round(1.5) = 2.
  CHECK(cut(Crop::round_down, {2, 1}, numbered(5, 1)) == Values{1, 2});
  CHECK(cut(Crop::round_even, {2, 1}, numbered(5, 1)) == Values{2, 3});
  CHECK(cut(Crop::round_even, {2, 1}, numbered(3, 1)) == Values{0, 1});  // round(0.5) = 0
  // An odd pixel is missing: above in transformers, below in torchvision.
  CHECK(cut(Crop::round_down, {1, 4}, numbered(1, 1)) == Values{99, 99, 0, 99});
  CHECK(cut(Crop::round_even, {1, 4}, numbered(1, 1)) == Values{99, 0, 99, 99});
  // Cut in one axis, padded in the other.
  CHECK(cut(Crop::round_down, {1, 2}, numbered(3, 1)) == Values{99, 1});
}

TEST_CASE("image transform: sizes of the scaled picture") {
  ImageTransform transform;
  transform.scale_size = {224, 224};
  transform.scale = Scale::short_side;
  CHECK(transform.output_size(640, 427) == Size{335, 224});  // 335.7 is cut off
  CHECK(transform.output_size(427, 640) == Size{224, 335});
  CHECK(transform.width() == 0);
  transform.scale = Scale::cover;
  CHECK(transform.output_size(640, 427) == Size{336, 224});
  transform.scale = Scale::fit;
  CHECK(transform.output_size(640, 427) == Size{224, 149});
  CHECK(transform.output_size(1000, 1) == Size{224, 1});
  transform.scale = Scale::stretch;
  CHECK(transform.output_size(640, 427) == Size{224, 224});
  CHECK(transform.width() == 224);
}

TEST_CASE("image transform: numbers and their order") {
  ImageTransform transform;
  transform.mean = {0.5, 0.25, 0};
  transform.std = {0.5, 0.125, 2};
  const Image image = numbered(2, 1);
  const float one = static_cast<float>(1 / 255.0);
  const std::vector<float> planar = applied(transform, image);
  CHECK(planar[0] == -1);
  CHECK(planar[1] == (one - 0.5F) / 0.5F);
  CHECK(planar[2] == (100 / 255.0F - 0.25F) / 0.125F);
  CHECK(planar[5] == (201 / 255.0F) / 2);
  const std::vector<float> interleaved = applied(transform, image, PixelLayout::interleaved);
  CHECK(interleaved == std::vector<float>{planar[0], planar[2], planar[4], planar[1], planar[3], planar[5]});
}

TEST_CASE("image transform: the product in double and the quotient by 255 are the same float") {
  for (int i = 0; i < 256; ++i) CHECK(static_cast<float>(i * (1.0 / 255)) == static_cast<float>(i) / 255.0F);
}

TEST_CASE("image transform: a long thin picture needs only what is cut out") {
  const ImageTransform clip = ImageTransform::from_hugging_face(hugging_face("CLIPImageProcessor"));
  CHECK(applied(clip, numbered(1, 60'000)).size() == 3 * 224 * 224);
  ImageTransform whole = clip;
  whole.crop = Crop::none;
  std::vector<float> none;
  CHECK_THROWS_AS(whole.apply(numbered(1, 60'000), none), Error);
}

TEST_CASE("image transform: image processors of transformers") {
  const auto vit = ImageTransform::from_hugging_face(hugging_face("ViTImageProcessor"));
  CHECK(vit.scale == Scale::stretch);
  CHECK(vit.filter == ResampleFilter::bilinear);
  CHECK(vit.width() == 224);
  CHECK(vit.mean == ImageTransform::Channels{0.5, 0.5, 0.5});

  const json dinov2 = hugging_face("BitImageProcessor", {{"size", {{"shortest_edge", 256}}},
                                                         {"crop_size", {{"height", 224}, {"width", 224}}},
                                                         {"do_convert_rgb", true},
                                                         {"resample", 1}});
  const auto dino = ImageTransform::from_hugging_face(dinov2);
  CHECK(dino.scale == Scale::short_side);
  CHECK(dino.scale_size == Size{256, 256});
  CHECK(dino.crop == Crop::round_down);
  CHECK(dino.filter == ResampleFilter::lanczos);

  const auto convnext = ImageTransform::from_hugging_face(
      hugging_face("ConvNextFeatureExtractor", {{"size", 224}, {"crop_pct", 0.875}}));
  CHECK(convnext.scale_size == Size{256, 256});
  CHECK(convnext.crop_size == Size{224, 224});

  const auto old = ImageTransform::from_hugging_face({{"size", {100, 200}}, {"do_normalize", false}},
                                                     "ViTFeatureExtractor");
  CHECK(old.scale_size == Size{200, 100});
  CHECK(old.mean == ImageTransform::Channels{0, 0, 0});
  CHECK(ImageTransform::from_hugging_face(hugging_face("CLIPImageProcessorFast")).width() == 224);
}

TEST_CASE("image transform: the longer side is bounded; what is too narrow is refused") {
  ImageTransform detr =
      ImageTransform::from_hugging_face({{"image_processor_type", "DetrImageProcessor"},
                                         {"size", {{"shortest_edge", 800}, {"longest_edge", 1333}}}});
  CHECK(detr.output_size(640, 480) == Size{1066, 800});
  CHECK(detr.output_size(1000, 100) == Size{1333, 133});
  CHECK_THROWS_WITH_AS((void)detr.output_size(100'000'000, 1),
                       "a picture of 100000000 x 1 is too narrow to be scaled", Error);
  ImageTransform cover{.scale = Scale::cover, .scale_size = {224, 224}};
  CHECK_THROWS_WITH_AS((void)cover.output_size(1, 100'000'000),
                       "a picture of 1 x 100000000 is too narrow to be scaled", Error);
  detr.longest = 0;
  CHECK_THROWS_WITH_AS(
      (void)detr.output_size(1, 1'000'000),
      "a picture of 1 x 1000000 would become one of 800 x 800000000; at most 100 megapixels are taken",
      Error);
  CHECK_THROWS_WITH_AS((void)detr.output_size(100'000'000, 1),
                       "a picture of 100000000 x 1 is too narrow to be scaled", Error);
}

TEST_CASE("image transform: what a preprocessor_config.json must not ask for") {
  const std::string file = "preprocessor_config.json: ";
  CHECK(complaint(json::object()) == file + "image_processor_type is missing");
  CHECK(complaint(hugging_face("SamImageProcessor")) ==
        file +
            "image_processor_type is SamImageProcessor; known are those of ViT, DeiT, Beit, CLIP, Bit, "
            "ConvNext, Detr, Siglip");
  CHECK(complaint(hugging_face("ViTImageProcessor", {{"do_pad", true}})) ==
        file + "do_pad changes the pixels in a way that is not known here");
  CHECK(complaint(hugging_face("ViTImageProcessor", {{"do_pad", false}, {"anything", 7}})) == "no error");
  CHECK(complaint(hugging_face("ViTImageProcessor", {{"do_center_crop", true}})) ==
        file + "do_center_crop has no meaning for the image processor of ViT");
  CHECK(complaint(hugging_face("CLIPImageProcessor", {{"crop_pct", 0.9}})) ==
        file + "crop_pct changes the pixels in a way that is not known here");
  CHECK(complaint(hugging_face("CLIPImageProcessor", {{"size", {{"longest_edge", 224}}}})) ==
        file + "size.longest_edge has no meaning for the image processor of CLIP");
  CHECK(complaint(hugging_face("ViTImageProcessor", {{"size", {{"height", 224}}}})) ==
        file + "size.width is missing");
  CHECK(complaint(hugging_face("ViTImageProcessor", {{"size", 1e9}})) ==
        file + "size is not a whole number of 1 to 16384 pixels");
  CHECK(complaint(hugging_face("ViTImageProcessor", {{"size", "big"}})) == file + "size: not a JSON object");
  CHECK(complaint(hugging_face("ViTImageProcessor", {{"resample", 9}})) ==
        file + "resample is not a number of 0 to 5");
  CHECK(complaint(hugging_face("ViTImageProcessor", {{"image_mean", {1, 2}}})) ==
        file + "image_mean is not three numbers, nor one");
  CHECK(complaint(hugging_face("ViTImageProcessor", {{"image_std", {1, 0, 1}}})) ==
        file + "image_std has a 0, by which nothing can be divided");
  CHECK(complaint(hugging_face("ViTImageProcessor", {{"do_resize", 1}})) ==
        file + "do_resize is neither true nor false");
  CHECK(complaint(hugging_face("ConvNextImageProcessor", {{"size", 224}, {"crop_pct", -1}})) ==
        file + "crop_pct leaves no size to scale to");
}

TEST_CASE("image transform: timm") {
  const auto plain = ImageTransform::from_timm(json{{"pretrained_cfg", json::object()}});
  CHECK(plain.scale == Scale::short_side);
  CHECK(plain.scale_size == Size{256, 256});
  CHECK(plain.crop == Crop::round_even);
  CHECK(plain.width() == 224);

  const auto oblong = ImageTransform::from_timm({{"input_size", {3, 192, 256}}, {"crop_pct", 0.95}});
  CHECK(oblong.scale == Scale::cover);
  CHECK(oblong.scale_size == Size{269, 202});

  const auto border = ImageTransform::from_timm({{"crop_mode", "border"}, {"mean", {0.1, 0.5, 1}}});
  CHECK(border.scale == Scale::fit);
  CHECK(border.fill == std::array<std::uint8_t, 3>{26, 128, 255});  // 25.5 and 127.5 to even
  CHECK_THROWS_AS(ImageTransform::from_timm({{"interpolation", "random"}}), Error);
  CHECK_THROWS_AS(ImageTransform::from_timm({{"input_size", {1, 28, 28}}}), Error);
  CHECK_THROWS_AS(ImageTransform::from_timm({{"crop_mode", "corner"}}), Error);
}

TEST_CASE("image transform: open_clip") {
  const json config = {{"model_cfg", {{"vision_cfg", {{"image_size", 256}}}}},
                       {"preprocess_cfg", {{"resize_mode", "squash"}, {"interpolation", "bilinear"}}}};
  const auto squash = ImageTransform::from_open_clip(config);
  CHECK(squash.scale == Scale::stretch);
  CHECK(squash.width() == 256);
  CHECK(squash.filter == ResampleFilter::bilinear);
  const auto longest = ImageTransform::from_open_clip({{"resize_mode", "longest"}, {"fill_color", 7}});
  CHECK(longest.scale == Scale::fit);
  CHECK(longest.fill == std::array<std::uint8_t, 3>{7, 7, 7});
  CHECK_THROWS_AS(ImageTransform::from_open_clip({{"interpolation", "lanczos"}}), Error);
  CHECK_THROWS_AS(ImageTransform::from_open_clip({{"mode", "L"}}), Error);
}

TEST_CASE("image transform: our JSON") {
  for (const char* const type : {"ViTImageProcessor", "CLIPImageProcessor"}) {
    const auto transform = ImageTransform::from_hugging_face(hugging_face(type));
    CHECK(ImageTransform::from_json(json::parse(transform.to_json().dump())) == transform);
  }
  const json good = ImageTransform{}.to_json();
  CHECK(ImageTransform::from_json(good) == ImageTransform{});
  const auto with = [&good](const char* key, const json& value) {
    json changed = good;
    changed[key] = value;
    return changed;
  };
  for (const json& bad : {with("scale", "larger"), with("scale", 1), with("crop_size", {1}),
                          with("fill", {0, 0, 256}), with("more", 1), with("std", 1e-60),
                          with("filter", "cubic"), with("factor", 0), json::array(), json::object()})
    CHECK_THROWS_AS(ImageTransform::from_json(bad), Error);
  json uneven = with("scale", "short_side");
  uneven["scale_size"] = {3, 4};
  CHECK_THROWS_WITH_AS(ImageTransform::from_json(uneven),
                       "image transform: scale_size has two different sides, but short_side is one", Error);
}

}  // namespace
}  // namespace lp
