// Evaluation transforms of timm and of open_clip, which share their parts. Sources: timm 1.0.31,
// data/config.py and data/transforms_factory.py (transforms_imagenet_eval); open_clip 3.3.0, transform.py.
#include "tasks/image_transform_json.hpp"

#include <cmath>

namespace lp {
namespace {

using nlohmann::json;
using Size = ImageTransform::Size;
using Scale = ImageTransform::Scale;
using Crop = ImageTransform::Crop;

constexpr ImageTransform::Channels imagenet_mean = {0.485, 0.456, 0.406},
                                   imagenet_std = {0.229, 0.224, 0.225};
constexpr ImageTransform::Channels clip_mean = {0.48145466, 0.4578275, 0.40821073};
constexpr ImageTransform::Channels clip_std = {0.26862954, 0.26130258, 0.27577711};

/// The inner object where there is one, else the whole.
const json& inner(const json& config, std::string_view key) {
  return config.is_object() && config.contains(key) ? config.at(key) : config;
}

/// [3, height, width]
Size input_size(const TransformKeys& keys) {
  if (!keys.has("input_size")) return {224, 224};
  const json& size = keys.at("input_size");
  if (!size.is_array() || size.size() != 3 || size[0] != 3)
    fail(Fault::unsupported, "{} is not [3, height, width]", keys.name("input_size"));
  return {transform_side(size[2], keys.name("input_size")), transform_side(size[1], keys.name("input_size"))};
}

/// The size that is scaled to, of which the input is crop_pct.
Size larger(const TransformKeys& keys, Size size) {
  const double part = keys.has("crop_pct") && keys.at("crop_pct") != 0 ? keys.factor("crop_pct", 1) : 0.875;
  const auto side = [&](int pixels) {
    const double wanted = std::floor(pixels / part);
    if (wanted < 1 || wanted > largest_transform_side)
      fail(Fault::bad_model, "{} leaves no size to scale to", keys.name("crop_pct"));
    return static_cast<int>(wanted);
  };
  return {side(size.width), side(size.height)};
}

Scale keeping_ratio(Size size) {
  return size.width == size.height ? Scale::short_side : Scale::cover;
}

/// Python's round(255 * mean).
std::uint8_t byte_of(double mean, const TransformKeys& keys) {
  const double value = std::nearbyint(255 * mean);
  if (value < 0 || value > 255) fail(Fault::bad_model, "{} is no colour to fill with", keys.name("mean"));
  return static_cast<std::uint8_t>(value);
}

}  // namespace

ImageTransform ImageTransform::from_timm(const json& config) {
  const TransformKeys keys(inner(config, "pretrained_cfg"), "pretrained_cfg.");
  ImageTransform transform;
  transform.filter = keys.filter_name("interpolation", ResampleFilter::bicubic);
  transform.mean = keys.channels("mean", imagenet_mean);
  transform.std = keys.divisors("std", imagenet_std);
  transform.crop = Crop::round_even;
  transform.crop_size = input_size(keys);
  transform.scale_size = larger(keys, transform.crop_size);

  const std::string mode = keys.text("crop_mode", "center");
  if (mode == "center") {
    transform.scale = keeping_ratio(transform.scale_size);
  } else if (mode == "squash") {
    transform.scale = Scale::stretch;
  } else if (mode == "border") {
    transform.scale = Scale::fit;
    for (std::size_t c = 0; c < 3; ++c) transform.fill[c] = byte_of(transform.mean[c], keys);
  } else {
    fail(Fault::unsupported, "{} is '{}'; known are center, squash, border", keys.name("crop_mode"), mode);
  }
  return transform;
}

ImageTransform ImageTransform::from_open_clip(const json& config) {
  const TransformKeys keys(inner(config, "preprocess_cfg"), "preprocess_cfg.");
  if (const std::string mode = keys.text("mode", "RGB"); mode != "RGB")
    fail(Fault::unsupported, "{} is '{}'; known is RGB", keys.name("mode"), mode);
  // The model's own size wins over that of the file's preprocess_cfg.
  const json& vision = inner(inner(config, "model_cfg"), "vision_cfg");
  const json* size = keys.has("size") ? &keys.at("size") : nullptr;
  if (vision.is_object() && vision.contains("image_size")) size = &vision.at("image_size");
  Size sides = {224, 224};
  if (size != nullptr && size->is_array() && size->size() == 2) {
    sides = {transform_side((*size)[1], "image_size"), transform_side((*size)[0], "image_size")};
  } else if (size != nullptr) {
    sides.width = sides.height = transform_side(*size, "image_size");
  }

  ImageTransform transform;
  transform.scale_size = transform.crop_size = sides;
  transform.crop = Crop::round_even;
  transform.filter = keys.filter_name("interpolation", ResampleFilter::bicubic);
  if (transform.filter != ResampleFilter::bicubic && transform.filter != ResampleFilter::bilinear)
    fail(Fault::unsupported, "{} is neither bicubic nor bilinear", keys.name("interpolation"));
  transform.mean = keys.channels("mean", clip_mean);
  transform.std = keys.divisors("std", clip_std);

  const std::string mode = keys.text("resize_mode", "shortest");
  if (mode == "shortest") {
    transform.scale = keeping_ratio(sides);
    // open_clip does not pass the filter on for sides that differ.
    if (transform.scale == Scale::cover) transform.filter = ResampleFilter::bicubic;
  } else if (mode == "longest") {
    transform.scale = Scale::fit;
    const double fill = keys.has("fill_color") ? keys.channels("fill_color", {})[0] : 0;
    if (fill != std::floor(fill) || fill < 0 || fill > 255)
      fail(Fault::bad_model, "{} is not of 0 to 255", keys.name("fill_color"));
    transform.fill.fill(static_cast<std::uint8_t>(fill));
  } else if (mode == "squash") {
    transform.scale = Scale::stretch;
    transform.crop = Crop::none;
    transform.crop_size = {};
  } else {
    fail(Fault::unsupported, "{} is '{}'; known are shortest, longest, squash", keys.name("resize_mode"),
         mode);
  }
  return transform;
}

}  // namespace lp
