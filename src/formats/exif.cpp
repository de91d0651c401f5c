#include "formats/exif.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace lp {
namespace {

constexpr unsigned orientation_tag = 0x0112, type_short = 3;
constexpr std::size_t entry_bytes = 12;

/// A TIFF block: numbers in the byte order that it names, nothing beyond its end.
struct Tiff {
  std::span<const std::byte> bytes;
  bool big_endian;

  std::optional<unsigned> number(std::size_t at, std::size_t count) const {
    if (at > bytes.size() || count > bytes.size() - at) return {};
    unsigned value = 0;
    for (std::size_t i = 0; i < count; ++i)
      value = value << 8 | std::to_integer<unsigned>(bytes[at + (big_endian ? i : count - 1 - i)]);
    return value;
  }
};

/// Pixel (x, y) of the upright picture is pixel `start + x * step_x + y * step_y` of the stored one.
struct Walk {
  std::ptrdiff_t start, step_x, step_y;
};

Walk walk(int orientation, std::ptrdiff_t w, std::ptrdiff_t h) {
  switch (orientation) {
    case 2: return {w - 1, -1, w};        // mirrored left to right
    case 3: return {w * h - 1, -1, -w};   // turned by 180 degrees
    case 4: return {(h - 1) * w, 1, -w};  // mirrored top to bottom
    case 5: return {0, w, 1};             // mirrored along the main diagonal
    case 6: return {(h - 1) * w, -w, 1};  // to be turned clockwise
    case 7: return {w * h - 1, -w, -1};   // mirrored along the other diagonal
    case 8: return {w - 1, w, -1};        // to be turned anticlockwise
    default: return {0, 1, w};
  }
}

}  // namespace

int exif_orientation(std::span<const std::byte> exif) {
  constexpr std::string_view marker("Exif\0\0", 6);
  if (exif.size() >= marker.size() && std::memcmp(exif.data(), marker.data(), marker.size()) == 0)
    exif = exif.subspan(marker.size());
  if (exif.size() < 8) return 1;
  const Tiff tiff{exif, exif[0] == std::byte{'M'}};
  if (exif[0] != exif[1] || (exif[0] != std::byte{'M'} && exif[0] != std::byte{'I'}) ||
      tiff.number(2, 2) != 42U)
    return 1;
  const std::size_t directory = tiff.number(4, 4).value_or(0);
  const unsigned entries = tiff.number(directory, 2).value_or(0);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + i * entry_bytes;
    const auto tag = tiff.number(entry, 2);
    if (!tag) return 1;
    if (*tag != orientation_tag || tiff.number(entry + 2, 2) != type_short) continue;
    const unsigned value = tiff.number(entry + 8, 2).value_or(1);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

void make_upright(Image& image, int orientation) {
  if (orientation <= 1 || orientation > 8) return;
  const Walk stored = walk(orientation, image.width, image.height);
  if (orientation >= 5) {
    std::swap(image.width, image.height);
    std::swap(image.full_width, image.full_height);
  }
  std::vector<std::uint8_t> upright(image.rgb.size());
  std::uint8_t* to = upright.data();
  for (std::ptrdiff_t y = 0; y < image.height; ++y)
    for (std::ptrdiff_t x = 0; x < image.width; ++x, to += 3)
      std::copy_n(image.rgb.data() + 3 * (stored.start + x * stored.step_x + y * stored.step_y), 3, to);
  image.rgb = std::move(upright);
}

}  // namespace lp
