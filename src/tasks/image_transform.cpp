#include "tasks/image_transform.hpp"

#include "base/error.hpp"
#include "tasks/resample.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace lp {
namespace {

using Size = ImageTransform::Size;

constexpr std::int64_t most_pixels = 100'000'000;

/// Python's round: halves to the even neighbour.
int round_even(double value) {
  return static_cast<int>(std::nearbyint(value));
}

/// One axis: where the input starts in the scaled picture, negative where it starts before it.
int crop_start(ImageTransform::Crop crop, int scaled, int wanted) {
  if (crop == ImageTransform::Crop::none) return 0;
  const int spare = scaled - wanted;
  if (crop == ImageTransform::Crop::round_down) return (spare - (spare & 1)) / 2;
  return spare < 0 ? -(-spare / 2) : round_even(spare / 2.0);
}

/// One axis of the part of the input that the picture covers.
struct Covered {
  Covered(int start, int scaled, int wanted)
      : from(std::max(start, 0)), to(std::max(-start, 0)), count(std::min(scaled, start + wanted) - from) {}
  int from, to, count;  // pixels of the scaled picture, of the input
};

using Table = std::array<std::array<float, 256>, 3>;

/// What each byte becomes, with the roundings of NumPy: the product in double, the rest in single precision.
Table table(const ImageTransform& transform) {
  Table values;
  for (std::size_t c = 0; c < 3; ++c) {
    const auto mean = static_cast<float>(transform.mean[c]), std = static_cast<float>(transform.std[c]);
    for (std::size_t i = 0; i < 256; ++i)
      values[c][i] = (static_cast<float>(static_cast<double>(i) * transform.factor) - mean) / std;
  }
  return values;
}

/// Where the input's numbers stand: channel c of pixel x of row y at c * channel + y * row + x * pixel.
struct Strides {
  std::size_t channel, row, pixel;
};

Strides strides(PixelLayout layout, Size size) {
  const auto width = static_cast<std::size_t>(size.width), height = static_cast<std::size_t>(size.height);
  if (layout == PixelLayout::planar) return {width * height, width, 1};
  return {1, 3 * width, 3};
}

[[noreturn]] void too_narrow(int width, int height) {
  fail(Fault::bad_input, "a picture of {} x {} is too narrow to be scaled", width, height);
}

void fill_pixels(float* to, std::size_t stride, int count, float value) {
  for (std::size_t x = 0; x < static_cast<std::size_t>(std::max(count, 0)); ++x) to[x * stride] = value;
}

}  // namespace

ImageTransform::Size ImageTransform::fixed_size() const {
  if (crop != Crop::none) return crop_size;
  return scale == Scale::stretch ? scale_size : Size{};
}

ImageTransform::Size ImageTransform::scaled_size(int image_width, int image_height) const {
  if (scale == Scale::none) return {image_width, image_height};
  if (scale == Scale::stretch) return scale_size;
  if (scale == Scale::short_side) {
    const double least = std::min(image_width, image_height), most = std::max(image_width, image_height);
    double wanted = scale_size.width;
    if (longest > 0 && most / least * wanted > longest) wanted = longest * least / most;
    const int short_side = round_even(wanted);
    // Where the short side is right already, the long one stays even above the bound, as transformers has it.
    const double long_side = longest > 0 && least == short_side ? most : wanted * most / least;
    if (short_side < 1 || long_side > std::numeric_limits<int>::max()) too_narrow(image_width, image_height);
    const auto longer = static_cast<int>(long_side);
    return image_width <= image_height ? Size{short_side, longer} : Size{longer, short_side};
  }
  const double ratio_x = static_cast<double>(image_width) / scale_size.width;
  const double ratio_y = static_cast<double>(image_height) / scale_size.height;
  const double ratio = scale == Scale::cover ? std::min(ratio_x, ratio_y) : std::max(ratio_x, ratio_y);
  // Where a side would vanish the original fails.
  const double width = std::max(std::nearbyint(image_width / ratio), 1.0),
               height = std::max(std::nearbyint(image_height / ratio), 1.0);
  if (std::max(width, height) > std::numeric_limits<int>::max()) too_narrow(image_width, image_height);
  return {static_cast<int>(width), static_cast<int>(height)};
}

ImageTransform::Size ImageTransform::output_size(int image_width, int image_height) const {
  const Size size = crop == Crop::none ? scaled_size(image_width, image_height) : crop_size;
  if (std::int64_t{size.width} * size.height > most_pixels)
    fail(Fault::bad_input,
         "a picture of {} x {} would become one of {} x {}; at most {} megapixels are taken", image_width,
         image_height, size.width, size.height, most_pixels / 1'000'000);
  return size;
}

void ImageTransform::apply(const Image& image, std::span<float> to, PixelLayout layout) const {
  const Size scaled = scaled_size(image.width, image.height);
  const Size size = output_size(image.width, image.height);
  LP_ASSERT(to.size() == 3 * static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height));

  const Covered across(crop_start(crop, scaled.width, size.width), scaled.width, size.width);
  const Covered down(crop_start(crop, scaled.height, size.height), scaled.height, size.height);
  ResampledRows rows(image, scaled.width, scaled.height, filter,
                     {.left = across.from, .top = down.from, .width = across.count, .height = down.count});
  const Table values = table(*this);
  const Strides at = strides(layout, size);
  for (int y = 0; y < size.height; ++y) {
    const int from = y - down.to;
    const bool covered = from >= 0 && from < down.count;
    const std::uint8_t* const pixels = covered ? rows.row(from) : nullptr;
    const int left = covered ? across.to : size.width, count = covered ? across.count : 0;
    for (std::size_t c = 0; c < 3; ++c) {
      float* const start = to.data() + c * at.channel + static_cast<std::size_t>(y) * at.row;
      const std::array<float, 256>& value = values[c];
      fill_pixels(start, at.pixel, left, value[fill[c]]);
      float* const middle = start + static_cast<std::size_t>(left) * at.pixel;
      for (std::size_t x = 0; x < static_cast<std::size_t>(count); ++x)
        middle[x * at.pixel] = value[pixels[3 * x + c]];
      fill_pixels(middle + static_cast<std::size_t>(count) * at.pixel, at.pixel, size.width - left - count,
                  value[fill[c]]);
    }
  }
}

}  // namespace lp
