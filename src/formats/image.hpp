#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace lp {

/// A picture: 8-bit RGB, [height, width, 3], rows top to bottom without padding.
struct Image {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;
  /// Size of the picture as stored (after EXIF rotation). Differs from width and height only where a huge
  /// file was decoded at a fraction of its size; results are reported in these pixels.
  int full_width = 0, full_height = 0;
};

/// An image's sizes without its pixels.
struct ImageSize {
  int width = 0, height = 0, full_width = 0, full_height = 0;
};

inline ImageSize size_of(const Image& image) {
  return {image.width, image.height, image.full_width, image.full_height};
}

/// Decodes JPEG, PNG or WebP, told apart by content, to the pixels that OpenCV's imread (IMREAD_COLOR) gives,
/// as RGB: grayscale, palette and CMYK become RGB, of 16 bits the upper 8 stay, alpha is dropped (not
/// blended), the orientation of Exif data is applied. `name` is for messages. Thread-safe. Memory is bounded:
/// at most 100 megapixels are decoded; of a larger baseline JPEG 1/2, 1/4 or 1/8 of its size.
/// @throws Error{bad_input} with one sentence if it is no picture, broken, ends early, moves, or is too
/// large.
Image decode_image(std::span<const std::byte> bytes, const std::string& name);

/// decode_image of a file. @throws also Error{not_found, io}.
Image read_image(const std::filesystem::path& path);

/// Writes `image` as JPEG (quality 92) or PNG by the ending of `path`; the final name never holds a part of
/// it.
/// @throws Error{bad_input} for another ending, Error{io}.
void write_image(const std::filesystem::path& path, const Image& image);

}  // namespace lp
