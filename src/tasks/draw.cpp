#include "tasks/draw.hpp"

#include "tasks/font.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace lp {
namespace {

/// Pixels from (left, top) up to, but not including, (right, bottom).
struct Rect {
  int left, top, right, bottom;
};

/// Sizes of what is drawn, by the size of the picture; looked at from 300 to 6000 pixels and chosen by eye.
struct Pen {
  int line, letters, margin;
};

Pen pen_for(const Image& image) {
  const int side = (image.width + image.height) / 2;
  const int letters = std::max(12, side / 45);
  return {.line = std::max(2, side / 320), .letters = letters, .margin = letters / 5};
}

void fill(Image& image, Rect rect, Color color) {
  const int left = std::max(rect.left, 0), right = std::min(rect.right, image.width);
  for (int y = std::max(rect.top, 0); y < std::min(rect.bottom, image.height); ++y)
    for (int x = left; x < right; ++x)
      std::ranges::copy(color, image.rgb.begin() + 3 * (static_cast<std::ptrdiff_t>(y) * image.width + x));
}

/// A coordinate of the full picture in pixels of `image`, at most at its edges.
int to_pixel(float value, int side, int full_side) {
  const double scale = full_side > 0 ? static_cast<double>(side) / full_side : 1.0;
  return static_cast<int>(std::lround(std::clamp(value * scale, 0.0, static_cast<double>(side))));
}

std::optional<Rect> to_pixels(const Box& box, const Image& image) {
  if (std::isnan(box.x1) || std::isnan(box.y1) || std::isnan(box.x2) || std::isnan(box.y2)) return {};
  const Rect rect{
      to_pixel(box.x1, image.width, image.full_width), to_pixel(box.y1, image.height, image.full_height),
      to_pixel(box.x2, image.width, image.full_width), to_pixel(box.y2, image.height, image.full_height)};
  if (rect.left > rect.right || rect.top > rect.bottom) return {};
  return rect;
}

/// Lines whose outer edge is the rectangle's.
void frame(Image& image, const Rect& rect, int line, Color color) {
  const int right = std::max(rect.right - line, rect.left), bottom = std::max(rect.bottom - line, rect.top);
  fill(image, {rect.left, rect.top, rect.right, rect.top + line}, color);
  fill(image, {rect.left, bottom, rect.right, bottom + line}, color);
  fill(image, {rect.left, rect.top, rect.left + line, rect.bottom}, color);
  fill(image, {right, rect.top, right + line, rect.bottom}, color);
}

/// The tag on top of a box, or in it where there is no room above; moved into the picture.
void tag(Image& image, Font& font, const Rect& box, const Pen& pen, const std::string& text, Color color) {
  const int width = font.width(text) + 2 * pen.margin;
  const int height = font.ascent() + font.descent() + 2 * pen.margin;
  const int left = std::clamp(box.left, 0, std::max(image.width - width, 0));
  const int above = box.top - height;
  const int top = std::clamp(above >= 0 ? above : box.top, 0, std::max(image.height - height, 0));
  const int right = std::min(left + width, image.width);
  fill(image, {left, top, right, top + height}, color);
  font.write(image, left + pen.margin, top + pen.margin + font.ascent(), right, text, text_color(color));
}

std::string label(const Detection& detection, std::span<const std::string> names) {
  const auto id = static_cast<std::size_t>(detection.class_id);
  if (detection.class_id >= 0 && id < names.size())
    return fmt::format("{} {:.2f}", names[id], detection.confidence);
  return fmt::format("{} {:.2f}", detection.class_id, detection.confidence);
}

}  // namespace

Color class_color(int class_id) {
  constexpr int colors = 20;
  constexpr double golden = 0.618033988749895, saturation = 0.85, value = 0.95;
  const int index = (class_id % colors + colors) % colors;
  const double hue = 6 * std::fmod(index * golden, 1.0);
  Color color{};
  // HSV to RGB: each channel falls from `value` over a third of the circle; red is highest at 0, green at 2,
  // blue at 4.
  for (std::size_t c = 0; c < 3; ++c) {
    const double turn = std::fmod(hue - 2.0 * static_cast<double>(c) + 9.0, 6.0) - 3.0;
    const double part = std::clamp(2.0 - std::abs(turn), 0.0, 1.0);
    color[c] = static_cast<std::uint8_t>(std::lround(255 * value * (1 - saturation * (1 - part))));
  }
  return color;
}

Color text_color(Color background) {
  // Luma of ITU-R BT.709.
  const double luma = 0.2126 * background[0] + 0.7152 * background[1] + 0.0722 * background[2];
  return luma > 128 ? Color{0, 0, 0} : Color{255, 255, 255};
}

void draw_mask(Image& image, const RunLengths& mask, Color color) {
  // A pixel of a picture that was decoded smaller shows the first column and the rows that fall on it.
  const auto shown = [](int at, int side, int full_side) {
    return static_cast<int>(static_cast<std::int64_t>(at) * side / full_side);
  };
  for_columns(mask, [&](int column, int first, int end) {
    const int x = shown(column, image.width, mask.width);
    if (column > 0 && shown(column - 1, image.width, mask.width) == x) return;
    const int bottom = shown(end, image.height, mask.height);
    for (int y = shown(first, image.height, mask.height); y < bottom; ++y) {
      std::uint8_t* const pixel = image.rgb.data() + 3 * (static_cast<std::ptrdiff_t>(y) * image.width + x);
      for (std::size_t c = 0; c < 3; ++c) pixel[c] = static_cast<std::uint8_t>((pixel[c] + color[c] + 1) / 2);
    }
  });
}

Labels draw_detections(Image& image, std::span<const Detection> detections,
                       std::span<const std::string> names) {
  const Pen pen = pen_for(image);
  std::optional<Font> font = Font::open(font_paths(), pen.letters);
  for (std::size_t i = detections.size(); i-- > 0;) {
    const std::optional<Rect> box = to_pixels(detections[i].box, image);
    if (!box) continue;
    const Color color = class_color(detections[i].class_id);
    frame(image, *box, pen.line, color);
    if (font) tag(image, *font, *box, pen, label(detections[i], names), color);
  }
  return font ? Labels::drawn : Labels::left_out;
}

}  // namespace lp
