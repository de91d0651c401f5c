#include "tasks/letterbox.hpp"

#include "base/vectorize.hpp"
#include "tasks/bilinear.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lp {
namespace {

constexpr float grey = 114.0F / 255.0F;

/// Python's round: halves to the even neighbour.
int round_even(double value) {
  return static_cast<int>(std::nearbyint(value));
}

/// value / 255 as the division rounds it (for all of 0..255, checked by a test), from two products: 1 / 255
/// is 0x0.010101...; the first one, with its leading 17 bits, is exact.
inline float unit(std::int32_t value) {
  const auto number = static_cast<float>(value);
  return number * 0x1.0101p-8F + number * 0x1.0101p-32F;
}

LP_VECTORIZED void to_planes(const std::uint32_t* pixels, float* red, float* green, float* blue, int width) {
  // Byte 0 is red: machines are little-endian.
  for (int x = 0; x < width; ++x) {
    const auto pixel = static_cast<std::int32_t>(pixels[x]);
    red[x] = unit(pixel & 255);
    green[x] = unit((pixel >> 8) & 255);
    blue[x] = unit((pixel >> 16) & 255);
  }
}

LP_VECTORIZED void to_pixels(const std::uint8_t* pixels, float* to, int width) {
  for (int x = 0; x < width; ++x)
    for (int c = 0; c < 3; ++c) to[3 * x + c] = unit(pixels[4 * x + c]);
}

/// Box around a scaled picture whose spare pixels are split, the odd one to the right and below.
Letterbox centred(int width, int height, int scaled_width, int scaled_height, double gain) {
  return {.gain = static_cast<float>(gain),
          .pad_left = round_even((width - scaled_width) / 2.0 - 0.1),
          .pad_top = round_even((height - scaled_height) / 2.0 - 0.1),
          .width = width,
          .height = height,
          .scaled_width = scaled_width,
          .scaled_height = scaled_height};
}

int scaled(int side, double gain) {
  return std::max(round_even(side * gain), 1);
}

void letterbox_planar(BilinearRows& rows, const Letterbox& box, float* to) {
  const auto width = static_cast<std::size_t>(box.width);
  const auto plane = width * static_cast<std::size_t>(box.height);
  std::vector<std::uint32_t> pixels(static_cast<std::size_t>(box.scaled_width));
  for (int y = 0; y < box.height; ++y) {
    float* const red = to + width * static_cast<std::size_t>(y);
    const int from = y - box.pad_top;
    if (from < 0 || from >= box.scaled_height) {
      for (std::size_t c = 0; c < 3; ++c) std::fill_n(red + c * plane, width, grey);
      continue;
    }
    const int right = box.pad_left + box.scaled_width;
    for (std::size_t c = 0; c < 3; ++c) {
      std::fill_n(red + c * plane, box.pad_left, grey);
      std::fill_n(red + c * plane + right, box.width - right, grey);
    }
    rows.row(from, reinterpret_cast<std::uint8_t*>(pixels.data()));
    float* const start = red + box.pad_left;
    to_planes(pixels.data(), start, start + plane, start + 2 * plane, box.scaled_width);
  }
}

void letterbox_interleaved(BilinearRows& rows, const Letterbox& box, float* to) {
  const auto row_values = 3 * static_cast<std::size_t>(box.width);
  std::vector<std::uint8_t> pixels(4 * static_cast<std::size_t>(box.scaled_width));
  for (int y = 0; y < box.height; ++y) {
    float* const start = to + row_values * static_cast<std::size_t>(y);
    const int from = y - box.pad_top;
    if (from < 0 || from >= box.scaled_height) {
      std::fill_n(start, row_values, grey);
      continue;
    }
    const std::ptrdiff_t left = box.pad_left, right = left + box.scaled_width;
    std::fill_n(start, 3 * left, grey);
    std::fill_n(start + 3 * right, 3 * (box.width - right), grey);
    rows.row(from, pixels.data());
    to_pixels(pixels.data(), start + 3 * left, box.scaled_width);
  }
}

/// One axis of a box, from the input to the picture.
float to_side(float value, int pad, int scaled_side, int side) {
  const double gain = static_cast<double>(scaled_side) / side;
  return std::clamp((value - static_cast<float>(pad)) / static_cast<float>(gain), 0.0F,
                    static_cast<float>(side));
}

}  // namespace

Letterbox fit(int image_width, int image_height, int out_width, int out_height) {
  const double gain =
      std::min(static_cast<double>(out_height) / image_height, static_cast<double>(out_width) / image_width);
  return centred(out_width, out_height, scaled(image_width, gain), scaled(image_height, gain), gain);
}

Letterbox fit_rect(int image_width, int image_height, int size, int stride) {
  const Letterbox square = fit(image_width, image_height, size, size);
  const auto padded = [stride](int side) { return (side + stride - 1) / stride * stride; };
  return centred(padded(square.scaled_width), padded(square.scaled_height), square.scaled_width,
                 square.scaled_height, square.gain);
}

void letterbox_rgb(const Image& image, const Letterbox& box, float* to, PixelLayout layout) {
  BilinearRows rows(image, box.scaled_width, box.scaled_height);
  if (layout == PixelLayout::planar) {
    letterbox_planar(rows, box, to);
  } else {
    letterbox_interleaved(rows, box, to);
  }
}

Box to_image(const Box& box, const Letterbox& letterbox, int image_width, int image_height) {
  return {to_side(box.x1, letterbox.pad_left, letterbox.scaled_width, image_width),
          to_side(box.y1, letterbox.pad_top, letterbox.scaled_height, image_height),
          to_side(box.x2, letterbox.pad_left, letterbox.scaled_width, image_width),
          to_side(box.y2, letterbox.pad_top, letterbox.scaled_height, image_height)};
}

}  // namespace lp
