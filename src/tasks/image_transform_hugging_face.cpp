// Image processors of transformers. Source: transformers 4.57.1, models/*/image_processing_*.py.
#include "tasks/image_transform_json.hpp"

#include <algorithm>
#include <span>

namespace lp {
namespace {

using nlohmann::json;
using Scale = ImageTransform::Scale;
using Crop = ImageTransform::Crop;
using Channels = ImageTransform::Channels;

constexpr Channels half = {0.5, 0.5, 0.5};
constexpr Channels imagenet_mean = {0.485, 0.456, 0.406};
constexpr Channels imagenet_std = {0.229, 0.224, 0.225};
constexpr int detr_longest = 1333;
constexpr Channels clip_mean = {0.48145466, 0.4578275, 0.40821073};
constexpr Channels clip_std = {0.26862954, 0.26130258, 0.27577711};

/// What an image processor does where its file is silent.
struct Processor {
  std::string_view name;  // without ImageProcessor, ImageProcessorFast or FeatureExtractor behind it
  ResampleFilter filter;
  int size;
  Scale one_number;  // what a size of one number means
  int crop;          // side; 0: the processor cannot crop
  bool crops;        // unless told otherwise
  Channels mean, std;
};

constexpr std::array<Processor, 8> processors = {
    {{"ViT", ResampleFilter::bilinear, 224, Scale::stretch, 0, false, half, half},
     {"DeiT", ResampleFilter::bicubic, 256, Scale::stretch, 224, true, half, half},
     {"Beit", ResampleFilter::bicubic, 256, Scale::stretch, 224, true, half, half},
     {"CLIP", ResampleFilter::bicubic, 224, Scale::short_side, 224, true, clip_mean, clip_std},
     {"Bit", ResampleFilter::bicubic, 224, Scale::short_side, 224, true, clip_mean, clip_std},
     {"ConvNext", ResampleFilter::bilinear, 384, Scale::short_side, 0, false, half, half},
     {"Detr", ResampleFilter::bilinear, 800, Scale::short_side, 0, false, imagenet_mean, imagenet_std},
     {"Siglip", ResampleFilter::bicubic, 224, Scale::stretch, 0, false, half, half}}};

/// ConvNeXt from this size on is stretched instead of cropped.
constexpr int convnext_stretch = 384;

/// Keys of other processors that change pixels.
constexpr std::array<std::string_view, 11> foreign = {
    "crop_pct", "size_divisor", "pad_size",   "rescale_offset",  "keep_aspect_ratio", "ensure_multiple_of",
    "max_size", "num_crops",    "min_pixels", "use_square_size", "max_pixels"};
/// Flags that are handled here, or that leave the pixels alone: pictures are RGB already, labels are not
/// read.
constexpr std::array<std::string_view, 7> known_flags = {
    "do_resize",        "do_center_crop",        "do_rescale", "do_normalize", "do_convert_rgb",
    "do_reduce_labels", "do_convert_annotations"};

const Processor& processor(const TransformKeys& keys, std::string_view otherwise) {
  std::string type = keys.text("image_processor_type", keys.text("feature_extractor_type", otherwise));
  if (type.empty()) fail(Fault::bad_model, "{} is missing", keys.name("image_processor_type"));
  std::string_view stem = type;
  for (const std::string_view ending : {"Fast", "ImageProcessor", "FeatureExtractor"})
    if (stem.ends_with(ending)) stem.remove_suffix(ending.size());
  for (const Processor& each : processors)
    if (each.name == stem) return each;
  std::string names;
  for (const Processor& each : processors) names += (names.empty() ? "" : ", ") + std::string(each.name);
  fail(Fault::unsupported, "{} is {}; known are those of {}", keys.name("image_processor_type"), type, names);
}

/// `own`: keys that the processor knows, though others do not.
void refuse_foreign_keys(const json& config, const TransformKeys& keys,
                         std::span<const std::string_view> own) {
  for (const auto& [key, value] : config.items()) {
    const bool neutral = value.is_null() || value == false;
    const bool flag =
        key.starts_with("do_") && std::find(known_flags.begin(), known_flags.end(), key) == known_flags.end();
    const bool other = std::find(foreign.begin(), foreign.end(), key) != foreign.end();
    const bool is_own = std::find(own.begin(), own.end(), key) != own.end();
    if (!neutral && (flag || other) && !is_own)
      fail(Fault::unsupported, "{} changes the pixels in a way that is not known here", keys.name(key));
  }
}

void read_size(ImageTransform& transform, const TransformKeys& keys, const Processor& type) {
  transform.scale = type.one_number;
  transform.scale_size = {type.size, type.size};
  if (!keys.has("size")) return;
  const json& size = keys.at("size");
  const std::string name = keys.name("size");
  if (size.is_number()) {
    const int side = transform_side(size, name);
    transform.scale_size = {side, side};
  } else if (size.is_array() && size.size() == 2) {
    transform.scale = Scale::stretch;
    transform.scale_size = {transform_side(size[1], name), transform_side(size[0], name)};
  } else {
    const TransformKeys sides(size, name + ".");
    for (const auto& [key, value] : size.items())
      if (key != "height" && key != "width" && key != "shortest_edge" && !value.is_null() &&
          !(key == "longest_edge" && type.name == "Detr"))
        fail(Fault::unsupported, "{} has no meaning for the image processor of {}", sides.name(key),
             type.name);
    if (sides.has("shortest_edge")) {
      transform.scale = Scale::short_side;
      transform.scale_size = {sides.side("shortest_edge"), sides.side("shortest_edge")};
    } else {
      transform.scale = Scale::stretch;
      transform.scale_size = {sides.side("width"), sides.side("height")};
    }
  }
}

void read_filter(ImageTransform& transform, const TransformKeys& keys) {
  if (!keys.has("resample")) return;
  const json& number = keys.at("resample");
  const std::optional<ResampleFilter> filter =
      number.is_number_integer() ? resample_filter(number.get<std::int64_t>()) : std::nullopt;
  if (!filter) fail(Fault::bad_model, "{} is not a number of 0 to 5", keys.name("resample"));
  transform.filter = *filter;
}

void read_crop(ImageTransform& transform, const TransformKeys& keys, const Processor& type) {
  if (!keys.flag("do_center_crop", type.crops)) return;
  if (type.crop == 0)
    fail(Fault::unsupported, "{} has no meaning for the image processor of {}", keys.name("do_center_crop"),
         type.name);
  transform.crop = Crop::round_down;
  transform.crop_size = {type.crop, type.crop};
  if (!keys.has("crop_size")) return;
  const json& size = keys.at("crop_size");
  if (size.is_object()) {
    const TransformKeys sides(size, keys.name("crop_size."));
    transform.crop_size = {sides.side("width"), sides.side("height")};
  } else if (size.is_array() && size.size() == 2) {
    transform.crop_size = {transform_side(size[1], keys.name("crop_size")),
                           transform_side(size[0], keys.name("crop_size"))};
  } else {
    transform.crop_size = {keys.side("crop_size"), keys.side("crop_size")};
  }
}

/// The longer side is bounded; a single picture needs no padding.
void read_detr(ImageTransform& transform, const TransformKeys& keys) {
  if (transform.scale != Scale::short_side) return;
  transform.longest = keys.has("max_size") ? keys.side("max_size") : detr_longest;
  if (!keys.has("size") || !keys.at("size").is_object()) return;
  const TransformKeys sides(keys.at("size"), keys.name("size."));
  transform.longest = sides.has("longest_edge") ? sides.side("longest_edge") : 0;
}

/// Small pictures: the shorter side larger by 1 / crop_pct, then a square from the middle.
void read_convnext(ImageTransform& transform, const TransformKeys& keys) {
  if (transform.scale != Scale::short_side)
    fail(Fault::bad_model, "{} is missing", keys.name("size.shortest_edge"));
  const int side = transform.scale_size.width;
  if (side >= convnext_stretch) {
    transform.scale = Scale::stretch;
    return;
  }
  const double larger = side / keys.factor("crop_pct", 224.0 / 256);
  if (larger < 1 || larger > largest_transform_side)
    fail(Fault::bad_model, "{} leaves no size to scale to", keys.name("crop_pct"));
  transform.scale_size = {static_cast<int>(larger), static_cast<int>(larger)};
  transform.crop = Crop::round_down;
  transform.crop_size = {side, side};
}

}  // namespace

ImageTransform ImageTransform::from_hugging_face(const json& config, std::string_view otherwise) {
  const TransformKeys keys(config, "preprocessor_config.json: ");
  const Processor& type = processor(keys, otherwise);
  const bool convnext = type.name == "ConvNext", detr = type.name == "Detr";
  constexpr std::array<std::string_view, 1> of_convnext = {"crop_pct"};
  constexpr std::array<std::string_view, 2> of_detr = {"max_size", "do_pad"};
  refuse_foreign_keys(config, keys,
                      convnext ? std::span<const std::string_view>(of_convnext)
                      : detr   ? std::span<const std::string_view>(of_detr)
                               : std::span<const std::string_view>());

  ImageTransform transform;
  transform.filter = type.filter;
  if (keys.flag("do_resize", true)) {
    read_size(transform, keys, type);
    read_filter(transform, keys);
    if (convnext) read_convnext(transform, keys);
    if (detr) read_detr(transform, keys);
  }
  read_crop(transform, keys, type);
  transform.factor = keys.flag("do_rescale", true) ? keys.factor("rescale_factor", 1.0 / 255) : 1;
  if (keys.flag("do_normalize", true)) {
    transform.mean = keys.channels("image_mean", type.mean);
    transform.std = keys.divisors("image_std", type.std);
  }
  return transform;
}

}  // namespace lp
