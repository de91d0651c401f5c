#pragma once
#include "base/json.hpp"
#include "formats/image.hpp"
#include "tasks/letterbox.hpp"
#include "tasks/resample_taps.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace lp {

/// How a picture becomes the input of an image encoder: scale, cut or pad around the middle, normalise. Plain
/// data; equal to PIL, transformers, timm and open_clip bit by bit, the float arithmetic included (compared
/// by tests/acceptance/preprocessing_equals_pil.py). Sources: transformers 4.57.1 (image_transforms.py and
/// the slow image processors), timm 1.0.31 (data/transforms_factory.py), torchvision 0.14.1, open_clip 3.3.0
/// (transform.py).
struct ImageTransform {
  /// How the scaled size follows from the picture's.
  enum class Scale {
    none,        // the picture's own size
    stretch,     // width x height
    short_side,  // the shorter side becomes `width` (= `height`), the longer keeps the ratio, rounded down;
                 // less where the longer would be above `longest`
    cover,       // the smallest of this ratio that covers width x height, each side rounded to nearest
    fit          // the largest of this ratio that fits in width x height, each side rounded to nearest
  };
  /// Which pixels the cut keeps where an odd number is too many or missing.
  enum class Crop {
    none,
    round_down,  // transformers: the odd pixel is lost right and below, missing left and above
    round_even   // torchvision: lost by round-half-even of the half, missing right and below
  };
  struct Size {
    int width = 0, height = 0;
    bool operator==(const Size&) const = default;
  };
  using Channels = std::array<double, 3>;  // R, G, B

  Scale scale = Scale::none;
  Size scale_size;
  int longest = 0;  // of short_side: pixels, 0 for no bound
  ResampleFilter filter = ResampleFilter::bicubic;
  Crop crop = Crop::none;
  Size crop_size;
  std::array<std::uint8_t, 3> fill{};  // around a picture smaller than crop_size, before normalising
  double factor = 1.0 / 255;           // pixels of 0..255 are multiplied by it,
  Channels mean{}, std{1, 1, 1};       // less `mean`, divided by `std`

  /// Reads `preprocessor_config.json` of the image processors of ViT, DeiT, BEiT, CLIP, BiT (DINOv2),
  /// ConvNeXt and SigLIP, old feature extractors and Fast ones (whose own arithmetic rounds otherwise)
  /// included. `type`: the processor where the file names none.
  /// @throws Error{bad_model} if a value is not what it should be, Error{unsupported} if it asks for anything
  /// else that changes pixels; both name the key.
  static ImageTransform from_hugging_face(const nlohmann::json& config, std::string_view type = "");
  /// Reads timm's `config.json`, or the `pretrained_cfg` in it. @throws like from_hugging_face.
  static ImageTransform from_timm(const nlohmann::json& config);
  /// Reads `open_clip_config.json`, or a `preprocess_cfg` with its `size`. @throws like from_hugging_face.
  static ImageTransform from_open_clip(const nlohmann::json& config);

  /// Reads what to_json wrote. @throws Error{bad_model} if a key is missing, unknown or out of its range.
  static ImageTransform from_json(const nlohmann::json& json);
  nlohmann::json to_json() const;

  /// Size of the input in pixels; 0 if it follows from the picture.
  int width() const { return fixed_size().width; }
  int height() const { return fixed_size().height; }
  /// Size of the input for a picture of this size. @throws Error{bad_input} above 100 megapixels.
  Size output_size(int image_width, int image_height) const;

  /// Writes the input: 3 * height * width numbers of output_size, in the order of `layout`. Thread-safe.
  /// @throws like output_size.
  void apply(const Image& image, std::span<float> to, PixelLayout layout = PixelLayout::planar) const;

  bool operator==(const ImageTransform&) const = default;

 private:
  Size fixed_size() const;
  Size scaled_size(int image_width, int image_height) const;
};

/// The largest side that a transform may ask for.
inline constexpr int largest_transform_side = 16384;

}  // namespace lp
