#include "formats/image.hpp"

#include "formats/exif.hpp"
#include "pictures.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <initializer_list>

namespace lp::test {
namespace {

using Values = std::vector<std::uint8_t>;

Image decode(const Bytes& bytes) {
  return decode_image(bytes, "file");
}

std::string refused(const Bytes& bytes) {
  return refusal([&] { decode(bytes); });
}

Bytes row(std::initializer_list<int> values) {
  Bytes bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

/// All pixels are `color`, give or take the rounding of a JPEG.
bool is_flat(const Image& image, int width, int height, const Values& color) {
  if (image.width != width || image.height != height) return false;
  if (image.rgb.size() != std::size_t{3} * static_cast<std::size_t>(width * height)) return false;
  for (std::size_t i = 0; i < image.rgb.size(); ++i)
    if (std::abs(image.rgb[i] - color[i % 3]) > 2) return false;
  return true;
}

TEST_CASE("image: what was written is read back") {
  const TemporaryFolder folder;
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 5}, {6, 1}, {6, 5}}) {
    const Image image = gradient(width, height);
    write_image(folder / "a.png", image);
    const Image read = read_image(folder / "a.png");
    CHECK(read.rgb == image.rgb);
    CHECK(read.full_width == width);
    CHECK(read.full_height == height);
    write_image(folder / "a.JPG", image);
    CHECK(read_image(folder / "a.JPG").width == width);
  }
  CHECK(refusal([&] { write_image(folder / "a.gif", gradient(1, 1)); }) ==
        (folder / "a.gif").string() + ": pictures are written as .jpg, .jpeg or .png");
  CHECK(refusal([&] { write_image(folder / "a.png", {}); }).ends_with("the picture has no pixels"));
}

TEST_CASE("image: what is no picture") {
  const TemporaryFolder folder;
  put_file(folder / "text.jpg", "not a picture");
  put_file(folder / "empty.jpg", "");
  CHECK(refusal([&] { read_image(folder / "text.jpg"); }) ==
        (folder / "text.jpg").string() + ": not a JPEG, PNG or WebP picture");
  CHECK(refusal([&] { read_image(folder / "empty.jpg"); }) ==
        (folder / "empty.jpg").string() + ": not a JPEG, PNG or WebP picture, the file is empty");
}

TEST_CASE("image: JPEG in every colour space") {
  CHECK(is_flat(decode(flat_jpeg(9, 7, {200, 100, 50})), 9, 7, {200, 100, 50}));
  CHECK(is_flat(decode(flat_jpeg(9, 7, {200, 100, 50}, {.progressive = true})), 9, 7, {200, 100, 50}));
  CHECK(is_flat(decode(flat_jpeg(9, 7, {77}, {.color = JCS_GRAYSCALE})), 9, 7, {77, 77, 77}));
  // Inks as Adobe's programs store them, 255 for none: full yellow over half black.
  CHECK(is_flat(decode(flat_jpeg(9, 7, {255, 255, 0, 128}, {.color = JCS_CMYK})), 9, 7, {128, 128, 0}));
  // Without their marker 0 is none.
  CHECK(is_flat(decode(flat_jpeg(9, 7, {0, 0, 255, 127}, {.color = JCS_CMYK, .adobe = false})), 9, 7,
                {128, 128, 0}));
}

TEST_CASE("image: PNG of every kind") {
  const Values grays = {0x12, 0x12, 0x12, 0xFE, 0xFE, 0xFE};
  CHECK(decode(png(2, 1, {.color = PNG_COLOR_TYPE_GRAY}, {row({0x12, 0xFE})})).rgb == grays);
  CHECK(decode(png(2, 1, {.depth = 16, .color = PNG_COLOR_TYPE_GRAY}, {row({0x12, 0xFF, 0xFE, 0xFF})})).rgb ==
        grays);
  CHECK(decode(png(2, 1, {.depth = 1, .color = PNG_COLOR_TYPE_GRAY}, {row({0x40})})).rgb ==
        Values{0, 0, 0, 255, 255, 255});
  CHECK(decode(png(1, 1, {.depth = 16}, {row({1, 99, 2, 200, 3, 255})})).rgb == Values{1, 2, 3});
  // Alpha is dropped, not blended.
  CHECK(decode(png(1, 1, {.color = PNG_COLOR_TYPE_RGB_ALPHA}, {row({10, 20, 30, 0})})).rgb ==
        Values{10, 20, 30});
  CHECK(decode(png(1, 1, {.color = PNG_COLOR_TYPE_GRAY_ALPHA}, {row({10, 128})})).rgb == Values{10, 10, 10});
  const PngKind palette{.depth = 4, .color = PNG_COLOR_TYPE_PALETTE, .palette = {{1, 2, 3}, {4, 5, 6}}};
  CHECK(decode(png(2, 1, palette, {row({0x10})})).rgb == Values{4, 5, 6, 1, 2, 3});

  const Image image = gradient(6, 5);
  std::vector<Bytes> rows;
  for (std::size_t y = 0; y < 5; ++y) {
    const auto bytes = std::as_bytes(std::span(image.rgb)).subspan(y * 18, 18);
    rows.emplace_back(bytes.begin(), bytes.end());
  }
  CHECK(decode(png(6, 5, {.interlace = PNG_INTERLACE_ADAM7}, rows)).rgb == image.rgb);
  const Image turned = decode(png(6, 5, {.exif = exif(3, true)}, rows));
  CHECK(turned.rgb[0] == image.rgb[image.rgb.size() - 3]);
}

/// The most memory that this process has held, in MB.
long peak_mb() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
  return usage.ru_maxrss >> 20;  // in bytes there, in KB elsewhere
#else
  return usage.ru_maxrss >> 10;
#endif
}

TEST_CASE("image: texts in a PNG are not unpacked, and its orientation is still read") {
  const Bytes pixels = row({1, 2, 3, 4, 5, 6});
  const Bytes one = png(2, 1, {.exif = exif(3, false), .text = std::string(7'000'000, 'a')}, {pixels});
  const Bytes bomb = with_repeated(one, "zTXt", 100);
  const long before = peak_mb();
  CHECK(decode(bomb).rgb == Values{4, 5, 6, 1, 2, 3});
  CHECK(peak_mb() - before < 100);  // not 700
}

TEST_CASE("image: WebP") {
  const Image image = gradient(6, 5);
  CHECK(decode(lossless_webp(image)).rgb == image.rgb);
  Bytes half = lossless_webp(image);
  half.resize(half.size() / 2);
  CHECK(refused(half) == "file: broken WebP (the file ends early)");
}

TEST_CASE("exif: all orientations") {
  // The picture  a b  as it must look, from what is stored.
  //              c d
  //              e f
  const std::string upright = "abcdef";
  const std::array<std::string, 8> stored = {"abcdef", "badcfe", "fedcba", "efcdab",
                                             "acebdf", "bdface", "fdbeca", "ecafdb"};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    CAPTURE(orientation);
    const bool is_lying = orientation >= 5;
    Image image{.width = is_lying ? 3 : 2, .height = is_lying ? 2 : 3, .rgb = {}};
    image.full_width = 10 * image.width;
    image.full_height = 10 * image.height;
    for (const char letter : stored[static_cast<std::size_t>(orientation - 1)])
      image.rgb.insert(image.rgb.end(), 3, static_cast<std::uint8_t>(letter));
    make_upright(image, orientation);
    CHECK(image.width == 2);
    CHECK(image.height == 3);
    CHECK(image.full_width == 20);
    CHECK(image.full_height == 30);
    std::string found;
    for (std::size_t i = 0; i < 18; i += 3) found += static_cast<char>(image.rgb[i]);
    CHECK(found == upright);

    const Image turned =
        decode(with_exif(flat_jpeg(9, 7, {1, 2, 3}), exif(orientation, orientation % 2 == 0)));
    CHECK(turned.width == (is_lying ? 7 : 9));
  }
}

TEST_CASE("exif: broken data mean upright and are never left") {
  for (const bool big_endian : {false, true}) {
    const Bytes good = to_bytes(exif(6, big_endian));
    CHECK(exif_orientation(good) == 6);
    CHECK(exif_orientation(to_bytes(exif(9, big_endian))) == 1);
    for (std::size_t size = 0; size < 20; ++size) {
      const Bytes prefix(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
      CHECK(exif_orientation(prefix) == 1);
    }
  }
  CHECK(exif_orientation(to_bytes(std::string("II*\0\xFF\xFF\xFF\xFF", 8))) == 1);
}

TEST_CASE("image: a file that ends early is an error") {
  const TemporaryFolder folder;
  write_image(folder / "a.jpg", gradient(40, 30));
  write_image(folder / "a.png", gradient(40, 30));
  const Bytes progressive = flat_jpeg(40, 30, {1, 200, 3}, {.progressive = true});
  const std::vector<Bytes> files = {file_bytes(folder / "a.jpg"), file_bytes(folder / "a.png"), progressive,
                                    lossless_webp(gradient(40, 30))};
  for (const Bytes& good : files) {
    CHECK(refused(good).empty());
    for (std::size_t size = 0; size < good.size(); size += 7) {
      CAPTURE(size);
      const Bytes prefix(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
      CHECK(refused(prefix).starts_with("file: "));
    }
    check_hostile(good, 200, decode);
  }
  const Bytes half(files[0].begin(), files[0].begin() + static_cast<std::ptrdiff_t>(files[0].size() / 2));
  CHECK(refused(half) == "file: the JPEG ends early (Premature end of JPEG file)");
}

TEST_CASE("image: size is checked before memory is taken") {
  CHECK(refused(png(30000, 20000, {}, {})) ==
        "file: 30000 x 20000 pixels are too many, the limit is 100 million; scale the picture down");
  const Bytes progressive = flat_jpeg(9, 7, {1, 2, 3}, {.progressive = true});
  CHECK(refused(with_size(progressive, 0xC2, 30000, 20000)) ==
        "file: 30000 x 20000 pixels in a progressive JPEG take 1800 MB to decode, the limit is 400; save it "
        "as baseline "
        "JPEG");
  CHECK(refused(with_size(flat_jpeg(9, 7, {1, 2, 3}), 0xC0, 65500, 65500)).starts_with("file: "));
}

TEST_CASE("image: a huge baseline JPEG is decoded smaller") {
  const Image image =
      decode(with_exif(flat_jpeg(20000, 6000, {90}, {.color = JCS_GRAYSCALE}), exif(6, false)));
  CHECK(is_flat(image, 3000, 10000, {90, 90, 90}));
  CHECK(image.full_width == 6000);
  CHECK(image.full_height == 20000);
}

}  // namespace
}  // namespace lp::test
