#include "base/error.hpp"
#include "formats/exif.hpp"
#include "formats/image_codecs.hpp"

#include <jerror.h>
#include <jpeglib.h>
#include <stdio.h>  // jpeglib.h wants it before itself

#include <algorithm>
#include <csetjmp>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace lp {
namespace {

/// A file of several scans keeps all its coefficients in memory until the last one: 400 MB are 66 megapixels
/// at full colour resolution, 133 at half.
constexpr std::size_t max_coefficient_bytes = 400'000'000;
/// Files have about ten; each one costs a pass over the picture.
constexpr int max_scans = 100;

/// libjpeg's way out of an error is a jump. It lands in the functions below that call setjmp: they hold
/// nothing that has a destructor, and neither do the C frames in between.
struct Jump {
  jpeg_error_mgr errors;  // first, so that its address is that of the whole
  jmp_buf target;
  char message[JMSG_LENGTH_MAX];
  bool ends_early;
};

struct Reader {
  Jump jump;
  jpeg_decompress_struct info;
  jpeg_progress_mgr progress;
};

struct Writer {
  Jump jump;
  jpeg_compress_struct info;
  unsigned char* bytes;
  unsigned long size;
};

[[noreturn]] void leave(j_common_ptr info) {
  Jump* const jump = reinterpret_cast<Jump*>(info->err);
  info->err->format_message(info, jump->message);
  std::longjmp(jump->target, 1);
}

/// Warnings after which no pixel is made up, such as bytes between two markers.
bool is_harmless(int code) {
  return code == JWRN_ADOBE_XFORM || code == JWRN_BOGUS_PROGRESSION || code == JWRN_EXTRANEOUS_DATA ||
         code == JWRN_JFIF_MAJOR || code == JWRN_NOT_SEQUENTIAL;
}

void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  const int code = info->err->msg_code;
  if (is_harmless(code)) return;
  reinterpret_cast<Jump*>(info->err)->ends_early = code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER;
  leave(info);
}

void on_progress(j_common_ptr info) {
  Jump* const jump = reinterpret_cast<Jump*>(info->err);
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= max_scans) return;
  snprintf(jump->message, sizeof jump->message, "more than %d scans", max_scans);
  std::longjmp(jump->target, 1);
}

jpeg_error_mgr* prepare(Jump& jump) {
  jpeg_std_error(&jump.errors);
  jump.errors.error_exit = leave;
  jump.errors.emit_message = on_message;
  return &jump.errors;
}

bool read_header(Reader& reader, const unsigned char* bytes, std::size_t size) {
  if (setjmp(reader.jump.target) != 0) return false;
  reader.info.err = prepare(reader.jump);
  jpeg_create_decompress(&reader.info);
  reader.progress.progress_monitor = on_progress;
  reader.info.progress = &reader.progress;
  jpeg_mem_src(&reader.info, bytes, static_cast<unsigned long>(size));
  jpeg_save_markers(&reader.info, JPEG_APP0 + 1, 0xFFFF);
  jpeg_read_header(&reader.info, TRUE);
  return true;
}

bool compute_size(Reader& reader) {
  if (setjmp(reader.jump.target) != 0) return false;
  jpeg_calc_output_dimensions(&reader.info);
  return true;
}

/// Four inks to RGB. Adobe's programs, and all that write its marker, store 255 for no ink.
/// Source of the formula: OpenCV 4.10.0, modules/imgcodecs/src/utils.cpp, which takes all files for such.
void cmyk_to_rgb(const unsigned char* cmyk, unsigned char* rgb, unsigned width, bool inverted) {
  const int flip = inverted ? 0 : 255;
  for (unsigned x = 0; x < width; ++x, cmyk += 4, rgb += 3) {
    const int black = cmyk[3] ^ flip;
    for (int c = 0; c < 3; ++c)
      rgb[c] = static_cast<unsigned char>(black - ((255 - (cmyk[c] ^ flip)) * black >> 8));
  }
}

/// Reads all rows and the end of the file. `cmyk`: room for a row of four components, null for RGB.
bool read_pixels(Reader& reader, unsigned char* rgb, unsigned char* cmyk) {
  if (setjmp(reader.jump.target) != 0) return false;
  jpeg_start_decompress(&reader.info);
  const unsigned width = reader.info.output_width;
  while (reader.info.output_scanline < reader.info.output_height) {
    unsigned char* const to = rgb + std::size_t{3} * width * reader.info.output_scanline;
    unsigned char* row = cmyk ? cmyk : to;
    jpeg_read_scanlines(&reader.info, &row, 1);
    if (cmyk) cmyk_to_rgb(cmyk, to, width, reader.info.saw_Adobe_marker != FALSE);
  }
  jpeg_finish_decompress(&reader.info);
  return true;
}

bool write_pixels(Writer& writer, const Image& image, int quality) {
  if (setjmp(writer.jump.target) != 0) return false;
  writer.info.err = prepare(writer.jump);
  jpeg_create_compress(&writer.info);
  jpeg_mem_dest(&writer.info, &writer.bytes, &writer.size);
  writer.info.image_width = static_cast<JDIMENSION>(image.width);
  writer.info.image_height = static_cast<JDIMENSION>(image.height);
  writer.info.input_components = 3;
  writer.info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&writer.info);
  jpeg_set_quality(&writer.info, quality, TRUE);
  // Colour at full resolution: thin coloured lines stay crisp.
  writer.info.comp_info[0].h_samp_factor = writer.info.comp_info[0].v_samp_factor = 1;
  jpeg_start_compress(&writer.info, TRUE);
  while (writer.info.next_scanline < writer.info.image_height) {
    const std::size_t at = std::size_t{3} * writer.info.image_width * writer.info.next_scanline;
    auto* row = const_cast<unsigned char*>(image.rgb.data() + at);  // libjpeg only reads it
    jpeg_write_scanlines(&writer.info, &row, 1);
  }
  jpeg_finish_compress(&writer.info);
  return true;
}

[[noreturn]] void fail_with(const Jump& jump, const std::string& name) {
  if (jump.ends_early) fail(Fault::bad_input, "{}: the JPEG ends early ({})", name, jump.message);
  fail(Fault::bad_input, "{}: broken JPEG ({})", name, jump.message);
}

std::size_t coefficient_bytes(const jpeg_decompress_struct& info) {
  std::size_t blocks = 0;
  for (int c = 0; c < info.num_components; ++c)
    blocks += std::size_t{info.comp_info[c].width_in_blocks} * info.comp_info[c].height_in_blocks;
  return blocks * DCTSIZE2 * sizeof(JCOEF);
}

int orientation_of(const jpeg_decompress_struct& info) {
  constexpr std::string_view marker("Exif\0\0", 6);
  for (const auto* saved = info.marker_list; saved != nullptr; saved = saved->next)
    if (saved->data_length >= marker.size() && std::memcmp(saved->data, marker.data(), marker.size()) == 0)
      return exif_orientation(std::as_bytes(std::span(saved->data, saved->data_length)));
  return 1;
}

}  // namespace

Image decode_jpeg(std::span<const std::byte> bytes, const std::string& name) {
  Reader reader{};
  const auto close = [](Reader* open) { jpeg_destroy_decompress(&open->info); };
  const std::unique_ptr<Reader, decltype(close)> closer(&reader);
  if (!read_header(reader, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()))
    fail_with(reader.jump, name);

  jpeg_decompress_struct& info = reader.info;
  if (jpeg_has_multiple_scans(&info) != FALSE && coefficient_bytes(info) > max_coefficient_bytes)
    fail(Fault::bad_input,
         "{}: {} x {} pixels in a progressive JPEG take {} MB to decode, the limit is {}; save it as "
         "baseline JPEG",
         name, info.image_width, info.image_height, coefficient_bytes(info) / 1'000'000,
         max_coefficient_bytes / 1'000'000);
  const int orientation = orientation_of(info);  // the end of decoding frees the markers
  const bool is_cmyk = info.num_components == 4;
  info.out_color_space = is_cmyk ? JCS_CMYK : JCS_RGB;
  for (info.scale_num = info.scale_denom = 1;; info.scale_denom *= 2) {
    if (!compute_size(reader)) fail_with(reader.jump, name);
    if (std::int64_t{info.output_width} * info.output_height <= max_pixels || info.scale_denom == 8) break;
  }

  Image image = blank_image(info.output_width, info.output_height, name);
  image.full_width = static_cast<int>(info.image_width);
  image.full_height = static_cast<int>(info.image_height);
  std::vector<unsigned char> cmyk(is_cmyk ? std::size_t{4} * info.output_width : 0);
  if (!read_pixels(reader, image.rgb.data(), is_cmyk ? cmyk.data() : nullptr)) fail_with(reader.jump, name);
  make_upright(image, orientation);
  return image;
}

std::string encode_jpeg(const Image& image, int quality) {
  Writer writer{};
  const auto close = [](Writer* open) {
    jpeg_destroy_compress(&open->info);
    std::free(open->bytes);
  };
  const std::unique_ptr<Writer, decltype(close)> closer(&writer);
  if (!write_pixels(writer, image, quality))
    fail(Fault::bad_input, "cannot write a JPEG ({})", writer.jump.message);
  return {reinterpret_cast<const char*>(writer.bytes), writer.size};
}

}  // namespace lp
