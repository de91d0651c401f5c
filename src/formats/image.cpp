#include "formats/image.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "formats/image_codecs.hpp"

#include <cstring>
#include <string_view>

namespace lp {
namespace {

constexpr int jpeg_quality = 92;

bool has_at(std::span<const std::byte> bytes, std::size_t at, std::string_view text) {
  return bytes.size() >= at + text.size() && std::memcmp(bytes.data() + at, text.data(), text.size()) == 0;
}

}  // namespace

Image decode_image(std::span<const std::byte> bytes, const std::string& name) {
  if (has_at(bytes, 0, "\xff\xd8\xff")) return decode_jpeg(bytes, name);
  if (has_at(bytes, 0, "\x89PNG\r\n\x1a\n")) return decode_png(bytes, name);
  if (has_at(bytes, 0, "RIFF") && has_at(bytes, 8, "WEBP")) return decode_webp(bytes, name);
  fail(Fault::bad_input, "{}: not a JPEG, PNG or WebP picture{}", name,
       bytes.empty() ? ", the file is empty" : "");
}

Image read_image(const std::filesystem::path& path) {
  const MappedFile file(path);
  return decode_image(file.bytes(), path.string());
}

void write_image(const std::filesystem::path& path, const Image& image) {
  const std::string ending = lower(path.extension().string());
  const bool is_jpeg = ending == ".jpg" || ending == ".jpeg";
  if (!is_jpeg && ending != ".png")
    fail(Fault::bad_input, "{}: pictures are written as .jpg, .jpeg or .png", path.string());
  if (image.width < 1 || image.height < 1)
    fail(Fault::bad_input, "{}: the picture has no pixels", path.string());
  FileWriter file(path);
  file.write(is_jpeg ? encode_jpeg(image, jpeg_quality) : encode_png(image));
  file.commit();
}

Image blank_image(std::int64_t width, std::int64_t height, const std::string& name) {
  if (width < 1 || height < 1) fail(Fault::bad_input, "{}: the picture has no pixels", name);
  if (width > max_pixels / height)
    fail(Fault::bad_input, "{}: {} x {} pixels are too many, the limit is {} million; scale the picture down",
         name, width, height, max_pixels / 1'000'000);
  Image image{.width = static_cast<int>(width), .height = static_cast<int>(height), .rgb = {}};
  image.full_width = image.width;
  image.full_height = image.height;
  image.rgb.resize(3 * static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  return image;
}

}  // namespace lp
