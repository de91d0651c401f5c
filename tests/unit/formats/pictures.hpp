#pragma once
#include "files.hpp"
#include "formats/image.hpp"

#include <jpeglib.h>
#include <png.h>
#include <stdio.h>  // jpeglib.h wants it before itself
#include <webp/encode.h>

#include <array>
#include <cstdlib>

/// Pictures for the tests of their readers, made with the codec libraries. None of them fails here: sizes are
/// small and buffers grow.
namespace lp::test {

/// Every pixel differs: red tells x, green tells y.
inline Image gradient(int width, int height) {
  Image image{.width = width, .height = height, .rgb = {}, .full_width = width, .full_height = height};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (const int value : {x * 40 % 256, y * 40 % 256, 200})
        image.rgb.push_back(static_cast<std::uint8_t>(value));
  return image;
}

struct JpegKind {
  J_COLOR_SPACE color = JCS_RGB;
  bool progressive = false;
  bool adobe = true;  // the marker that says that inks are stored inverted
};

/// All pixels alike; `pixel` has a value for each component.
inline Bytes flat_jpeg(int width, int height, std::vector<JSAMPLE> pixel, JpegKind kind = {}) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = static_cast<JDIMENSION>(width);
  info.image_height = static_cast<JDIMENSION>(height);
  info.input_components = static_cast<int>(pixel.size());
  info.in_color_space = kind.color;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 100, TRUE);
  if (kind.progressive) jpeg_simple_progression(&info);
  if (!kind.adobe) info.write_Adobe_marker = FALSE;
  std::vector<JSAMPLE> row;
  for (int x = 0; x < width; ++x) row.insert(row.end(), pixel.begin(), pixel.end());
  JSAMPROW rows = row.data();
  jpeg_start_compress(&info, TRUE);
  for (int y = 0; y < height; ++y) jpeg_write_scanlines(&info, &rows, 1);
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  const auto* const start = reinterpret_cast<const std::byte*>(bytes);
  Bytes made(start, start + size);
  std::free(bytes);
  return made;
}

/// The same JPEG whose frame header claims another size. `frame`: 0xC0 for baseline, 0xC2 for progressive.
inline Bytes with_size(Bytes jpeg, std::uint8_t frame, unsigned width, unsigned height) {
  for (std::size_t i = 0; i + 9 < jpeg.size(); ++i) {
    if (jpeg[i] != std::byte{0xFF} || jpeg[i + 1] != std::byte{frame}) continue;
    const std::array<unsigned, 4> size{height >> 8, height, width >> 8, width};
    for (std::size_t j = 0; j < 4; ++j) jpeg[i + 5 + j] = static_cast<std::byte>(size[j]);
    return jpeg;
  }
  FAIL("no frame header");
  return jpeg;
}

/// TIFF data with only an orientation.
inline std::string exif(int orientation, bool big_endian) {
  const auto number = [big_endian](unsigned value, std::size_t size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i)
      bytes += static_cast<char>(value >> 8 * (big_endian ? size - 1 - i : i) & 0xFF);
    return bytes;
  };
  const auto value = static_cast<unsigned>(orientation);
  return (big_endian ? "MM" : "II") + number(42, 2) + number(8, 4) + number(1, 2) + number(0x0112, 2) +
         number(3, 2) + number(1, 4) + number(value, 2) + number(0, 2) + number(0, 4);
}

/// The JPEG with Exif data right behind its start.
inline Bytes with_exif(const Bytes& jpeg, const std::string& tiff) {
  const std::size_t length = 2 + 6 + tiff.size();
  std::string segment = "\xFF\xE1";
  segment += static_cast<char>(length >> 8);
  segment += static_cast<char>(length & 0xFF);
  segment += std::string("Exif\0\0", 6) + tiff;
  Bytes made(jpeg.begin(), jpeg.begin() + 2);
  const Bytes middle = to_bytes(segment);
  made.insert(made.end(), middle.begin(), middle.end());
  made.insert(made.end(), jpeg.begin() + 2, jpeg.end());
  return made;
}

struct PngKind {
  int depth = 8;
  int color = PNG_COLOR_TYPE_RGB;
  int interlace = PNG_INTERLACE_NONE;
  std::vector<png_color> palette = {};
  std::string exif = {};
  std::string text = {};  // in a compressed text chunk before the pixels
};

/// `rows`: as they stand in the file. Without rows: the header and an empty chunk of pixels.
inline Bytes png(int width, int height, const PngKind& kind, std::vector<Bytes> rows) {
  Bytes made;
  png_structp out = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(out);
  png_set_write_fn(
      out, &made,
      [](png_structp to, png_bytep bytes, std::size_t size) {
        const auto* const start = reinterpret_cast<const std::byte*>(bytes);
        auto* const all = static_cast<Bytes*>(png_get_io_ptr(to));
        all->insert(all->end(), start, start + size);
      },
      [](png_structp) {});
  png_set_IHDR(out, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), kind.depth,
               kind.color, kind.interlace, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (!kind.palette.empty())
    png_set_PLTE(out, info, kind.palette.data(), static_cast<int>(kind.palette.size()));
  std::string tiff = kind.exif;
  if (!tiff.empty())
    png_set_eXIf_1(out, info, static_cast<png_uint_32>(tiff.size()),
                   reinterpret_cast<png_bytep>(tiff.data()));
  if (std::string text = kind.text, key = "Comment"; !text.empty()) {
    png_text chunk{};
    chunk.compression = PNG_TEXT_COMPRESSION_zTXt;
    chunk.key = key.data();
    chunk.text = text.data();
    chunk.text_length = text.size();
    png_set_text(out, info, &chunk, 1);
  }
  png_write_info(out, info);
  if (!rows.empty()) {
    std::vector<png_bytep> starts;
    for (Bytes& row : rows) starts.push_back(reinterpret_cast<png_bytep>(row.data()));
    png_write_image(out, starts.data());
    png_write_end(out, info);
  } else {
    png_write_chunk(out, reinterpret_cast<png_const_bytep>("IDAT"), nullptr, 0);
  }
  png_destroy_write_struct(&out, &info);
  return made;
}

/// The same PNG with its first chunk of this kind `count` times.
inline Bytes with_repeated(const Bytes& png, std::string_view kind, std::size_t count) {
  const std::string_view text(reinterpret_cast<const char*>(png.data()), png.size());
  const std::size_t name = text.find(kind);
  REQUIRE(name != std::string_view::npos);
  std::size_t length = 0;
  for (std::size_t i = name - 4; i < name; ++i) length = length << 8 | std::to_integer<std::size_t>(png[i]);
  const std::size_t start = name - 4, size = 4 + 4 + length + 4;  // length, kind, data, checksum
  std::string made(text.substr(0, start));
  for (std::size_t i = 0; i < count; ++i) made += text.substr(start, size);
  made += text.substr(start + size);
  return to_bytes(made);
}

inline Bytes lossless_webp(const Image& image) {
  std::uint8_t* bytes = nullptr;
  const std::size_t size =
      WebPEncodeLosslessRGB(image.rgb.data(), image.width, image.height, 3 * image.width, &bytes);
  const auto* const start = reinterpret_cast<const std::byte*>(bytes);
  Bytes made(start, start + size);
  WebPFree(bytes);
  return made;
}

}  // namespace lp::test
