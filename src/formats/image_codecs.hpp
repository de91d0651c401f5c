#pragma once
#include "formats/image.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

// One decoder a format, for image.cpp. Bytes start with the format's signature; `name` is for messages. All
// return upright RGB and throw Error{bad_input} where the picture is broken, ends early or is too large.
// Thread-safe.

namespace lp {

/// The most pixels that are decoded. A baseline JPEG that has more is decoded at a fraction of its size.
inline constexpr std::int64_t max_pixels = 100'000'000;

Image decode_jpeg(std::span<const std::byte> bytes, const std::string& name);
Image decode_png(std::span<const std::byte> bytes, const std::string& name);
Image decode_webp(std::span<const std::byte> bytes, const std::string& name);

/// A black picture of this size. @throws Error{bad_input} if it has more than `max_pixels`.
Image blank_image(std::int64_t width, std::int64_t height, const std::string& name);

std::string encode_jpeg(const Image& image, int quality);
std::string encode_png(const Image& image);

}  // namespace lp
