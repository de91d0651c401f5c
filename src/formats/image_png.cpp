#include "base/error.hpp"
#include "formats/exif.hpp"
#include "formats/image_codecs.hpp"

#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <string>

namespace lp {
namespace {

/// libpng's way out of an error is a jump. It lands in the functions below that call setjmp: they hold
/// nothing that has a destructor, and neither do the C frames in between.
struct Jump {
  jmp_buf target;
  char message[256];
};

struct Reader {
  Jump jump;
  png_structp png;
  png_infop info;
  const std::byte* bytes;
  std::size_t left;
};

struct Writer {
  Jump jump;
  png_structp png;
  png_infop info;
  std::string* to;
};

/// Chunks that we skip: libpng would unpack and keep them, 1000 of up to 8 MB each.
/// Source: libpng 1.6 pngpriv.h, PNG_USER_CHUNK_CACHE_MAX, PNG_USER_CHUNK_MALLOC_MAX.
constexpr png_byte unread_chunks[] = "iCCP\0iTXt\0sPLT\0tEXt\0zTXt";
constexpr int unread_count = sizeof unread_chunks / 5;  // four letters and a zero

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  Jump* const jump = static_cast<Jump*>(png_get_error_ptr(png));
  std::snprintf(jump->message, sizeof jump->message, "%s", message);
  std::longjmp(jump->target, 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep to, std::size_t count) {
  auto* const reader = static_cast<Reader*>(png_get_io_ptr(png));
  if (count > reader->left) png_error(png, "the file ends early");
  std::memcpy(to, reader->bytes, count);
  reader->bytes += count;
  reader->left -= count;
}

void on_write(png_structp png, png_bytep bytes, std::size_t count) {
  bool is_written = true;
  try {
    static_cast<Writer*>(png_get_io_ptr(png))->to->append(reinterpret_cast<const char*>(bytes), count);
  } catch (const std::bad_alloc&) {
    is_written = false;
  }
  if (!is_written) png_error(png, "out of memory");
}

void on_flush(png_structp) {}

bool read_header(Reader& reader) {
  if (setjmp(reader.jump.target) != 0) return false;
  reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader.jump, on_error, on_warning);
  if (reader.png == nullptr) return false;
  reader.info = png_create_info_struct(reader.png);
  if (reader.info == nullptr) return false;
  png_set_read_fn(reader.png, &reader, on_read);
  png_set_keep_unknown_chunks(reader.png, PNG_HANDLE_CHUNK_NEVER, unread_chunks, unread_count);
  png_read_info(reader.png, reader.info);
  return true;
}

/// Reads all rows as 8-bit RGB and the end of the file.
bool read_pixels(Reader& reader, unsigned char* rgb, std::size_t row_bytes) {
  if (setjmp(reader.jump.target) != 0) return false;
  png_set_strip_16(reader.png);
  png_set_expand(reader.png);  // palette to RGB, 1, 2 and 4 bits to 8
  png_set_gray_to_rgb(reader.png);
  png_set_strip_alpha(reader.png);
  const int passes = png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  if (png_get_rowbytes(reader.png, reader.info) != row_bytes) png_error(reader.png, "unknown kind of pixels");
  const std::size_t height = png_get_image_height(reader.png, reader.info);
  for (int pass = 0; pass < passes; ++pass)
    for (std::size_t y = 0; y < height; ++y) png_read_row(reader.png, rgb + y * row_bytes, nullptr);
  png_read_end(reader.png, reader.info);
  return true;
}

bool write_pixels(Writer& writer, const Image& image) {
  if (setjmp(writer.jump.target) != 0) return false;
  writer.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &writer.jump, on_error, on_warning);
  if (writer.png == nullptr) return false;
  writer.info = png_create_info_struct(writer.png);
  if (writer.info == nullptr) return false;
  png_set_write_fn(writer.png, &writer, on_write, on_flush);
  const auto width = static_cast<png_uint_32>(image.width), height = static_cast<png_uint_32>(image.height);
  png_set_IHDR(writer.png, writer.info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(writer.png, writer.info);
  for (std::size_t y = 0; y < height; ++y) png_write_row(writer.png, image.rgb.data() + y * 3 * width);
  png_write_end(writer.png, nullptr);
  return true;
}

int orientation_of(Reader& reader) {
  png_uint_32 size = 0;
  png_bytep exif = nullptr;
  if (png_get_eXIf_1(reader.png, reader.info, &size, &exif) == 0 || exif == nullptr) return 1;
  return exif_orientation(std::as_bytes(std::span(exif, size)));
}

}  // namespace

Image decode_png(std::span<const std::byte> bytes, const std::string& name) {
  Reader reader{};
  reader.bytes = bytes.data();
  reader.left = bytes.size();
  const auto close = [](Reader* open) { png_destroy_read_struct(&open->png, &open->info, nullptr); };
  const std::unique_ptr<Reader, decltype(close)> closer(&reader);
  if (!read_header(reader)) fail(Fault::bad_input, "{}: broken PNG ({})", name, reader.jump.message);
  Image image = blank_image(png_get_image_width(reader.png, reader.info),
                            png_get_image_height(reader.png, reader.info), name);
  if (!read_pixels(reader, image.rgb.data(), 3 * static_cast<std::size_t>(image.width)))
    fail(Fault::bad_input, "{}: broken PNG ({})", name, reader.jump.message);
  make_upright(image, orientation_of(reader));
  return image;
}

std::string encode_png(const Image& image) {
  std::string bytes;
  Writer writer{};
  writer.to = &bytes;
  const auto close = [](Writer* open) { png_destroy_write_struct(&open->png, &open->info); };
  const std::unique_ptr<Writer, decltype(close)> closer(&writer);
  if (!write_pixels(writer, image)) fail(Fault::bad_input, "cannot write a PNG ({})", writer.jump.message);
  return bytes;
}

}  // namespace lp
