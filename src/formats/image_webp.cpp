#include "base/error.hpp"
#include "formats/exif.hpp"
#include "formats/image_codecs.hpp"

#include <webp/decode.h>

#include <cstring>
#include <string_view>

namespace lp {
namespace {

std::string_view reason(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY: return "out of memory";
    case VP8_STATUS_UNSUPPORTED_FEATURE: return "unsupported feature";
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA: return "the file ends early";
    default: return "bad data";
  }
}

/// The orientation of the EXIF chunk. Chunks: four letters, 32 bits of size (little-endian), data, a byte if
/// the size is odd.  Source: RFC 9649, 2.3 to 2.7.
int orientation_of(std::span<const std::byte> bytes) {
  constexpr std::size_t riff_bytes = 12, header_bytes = 8;
  for (std::size_t at = riff_bytes; at <= bytes.size() && bytes.size() - at >= header_bytes;) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size |= std::to_integer<std::size_t>(bytes[at + 4 + i]) << (8 * i);
    const auto data = bytes.subspan(at + header_bytes);
    if (size > data.size()) return 1;
    if (std::memcmp(bytes.data() + at, "EXIF", 4) == 0) return exif_orientation(data.first(size));
    at += header_bytes + size + size % 2;
  }
  return 1;
}

}  // namespace

Image decode_webp(std::span<const std::byte> bytes, const std::string& name) {
  const auto* const data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) fail(Fault::internal, "{}: libwebp is of another version", name);
  VP8StatusCode status = WebPGetFeatures(data, bytes.size(), &config.input);
  if (status != VP8_STATUS_OK) fail(Fault::bad_input, "{}: broken WebP ({})", name, reason(status));
  if (config.input.has_animation != 0)
    fail(Fault::bad_input, "{}: a moving WebP is not read; save one of its pictures as WebP or PNG", name);

  Image image = blank_image(config.input.width, config.input.height, name);
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {.rgba = image.rgb.data(), .stride = 3 * image.width, .size = image.rgb.size()};
  status = WebPDecode(data, bytes.size(), &config);
  WebPFreeDecBuffer(&config.output);
  if (status != VP8_STATUS_OK) fail(Fault::bad_input, "{}: broken WebP ({})", name, reason(status));
  make_upright(image, orientation_of(bytes));
  return image;
}

}  // namespace lp
