#include "base/error.hpp"
#include "media/orientation.hpp"
#include "media/video_reader.hpp"
#include "media/video_writer.hpp"
#include "unit/formats/files.hpp"

#include <doctest/doctest.h>

#include <array>
#include <bitset>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace lp {
namespace {

namespace fs = std::filesystem;

/// One colour on the left, another on the right.
Image halves(int width, int height, std::array<int, 3> left, std::array<int, 3> right) {
  Image image{.width = width, .height = height, .rgb = {}, .full_width = width, .full_height = height};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (const int value : x < width / 2 ? left : right)
        image.rgb.push_back(static_cast<std::uint8_t>(value));
  return image;
}

/// The largest difference of a pixel's channel from `color`.
int off_by(const Image& image, int x, int y, std::array<int, 3> color) {
  int worst = 0;
  for (std::size_t c = 0; c < 3; ++c) {
    const std::size_t at =
        (static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) + static_cast<std::size_t>(x)) *
            3 +
        c;
    worst = std::max(worst, std::abs(int{image.rgb[at]} - color[c]));
  }
  return worst;
}

TEST_CASE("a video that was written is read with its colours, times and sizes") {
  // Rows below 720 and from 720 on go by different matrices; a wrong one shifts green by 20 and more.
  for (const auto& [width, height] : {std::pair(322, 240), std::pair(161, 121), std::pair(320, 720)}) {
    CAPTURE(width);
    const test::TemporaryFolder folder;
    const fs::path file = folder.path() / "v.mp4";
    const std::array<int, 3> green = {20, 200, 40}, red = {210, 30, 30};
    VideoWriter writer(file, width, height, 25, 1);
    for (const double seconds : {0.0, 0.04, 0.04, 0.5})
      writer.write(halves(width, height, green, red), seconds);
    CHECK(!fs::exists(file));
    writer.commit();
    VideoReader reader = VideoReader::open_file(file, 1);
    CHECK(reader.info().width == width / 2 * 2);
    CHECK(reader.info().height == height / 2 * 2);
    CHECK(reader.info().frames == 4);
    VideoFrame frame;
    std::vector<double> times;
    while (reader.next(frame)) {
      times.push_back(frame.seconds);
      CHECK(off_by(frame.image, frame.image.width / 4, frame.image.height / 2, green) <= 6);
      CHECK(off_by(frame.image, frame.image.width * 3 / 4, frame.image.height / 2, red) <= 6);
    }
    REQUIRE(times.size() == 4);
    CHECK(times[1] == doctest::Approx(0.04).epsilon(0.001));
    CHECK(times[2] > times[1]);
    CHECK(times[3] == doctest::Approx(0.5).epsilon(0.001));
    CHECK(reader.damage().packets == 0);
    CHECK(reader.damage().frames == 0);
  }
}

TEST_CASE("a writer that is not committed leaves nothing") {
  const test::TemporaryFolder folder;
  {
    VideoWriter writer(folder.path() / "v.mp4", 64, 64, 25, 1);
    writer.write(halves(64, 64, {0, 0, 0}, {255, 255, 255}), 0);
  }
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("pictures are passed over, and counted") {
  const test::TemporaryFolder folder;
  const fs::path file = folder.path() / "v.mp4";
  VideoWriter writer(file, 64, 48, 10, 1);
  for (int i = 0; i < 5; ++i) writer.write(halves(64, 48, {i * 50, 0, 0}, {0, 0, 0}), i * 0.1);
  writer.commit();
  VideoReader reader = VideoReader::open_file(file, 2);
  VideoFrame frame;
  REQUIRE(reader.skip());
  REQUIRE(reader.skip());
  REQUIRE(reader.next(frame));
  CHECK(frame.index == 2);
  CHECK(frame.seconds == doctest::Approx(0.2).epsilon(0.001));
  CHECK(off_by(frame.image, 16, 24, {100, 0, 0}) <= 8);
  CHECK(reader.skip());
  CHECK(reader.skip());
  CHECK(!reader.next(frame));
}

/// A video of one colour as YUV4MPEG2: 8 bits, 4:2:0, limited range. Source: the format's description in
/// mjpegtools, yuv4mpeg(5).
std::string y4m(int width, int height, std::array<int, 3> yuv, int pictures) {
  std::string text =
      "YUV4MPEG2 W" + std::to_string(width) + " H" + std::to_string(height) + " F10:1 Ip A1:1 C420\n";
  const auto pixels = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  for (int i = 0; i < pictures; ++i) {
    text += "FRAME\n";
    text.append(pixels, static_cast<char>(yuv[0]));
    text.append(pixels / 4, static_cast<char>(yuv[1]));
    text.append(pixels / 4, static_cast<char>(yuv[2]));
  }
  return text;
}

fs::path file_of(const test::TemporaryFolder& folder, std::string_view text) {
  const fs::path path = folder / "v.mp4";
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

TEST_CASE("colours go by BT.601 below 720 rows and by BT.709 from there on") {
  // Y 120, U 90, V 170 by the formulas of ITU-R BT.601-7 and BT.709-6, numbers of 8 bits. swscale's tables,
  // which OpenCV takes as well, are up to 2 beside them; the two differ by 8 in red.
  for (const auto& [height, color] :
       {std::pair(240, std::array<int, 3>{188, 102, 44}), std::pair(720, std::array<int, 3>{196, 107, 41})}) {
    CAPTURE(height);
    const test::TemporaryFolder folder;
    VideoReader reader = VideoReader::open_file(file_of(folder, y4m(320, height, {120, 90, 170}, 2)), 1);
    CHECK(reader.info().frame_rate == 10);
    VideoFrame frame;
    int pictures = 0;
    for (; reader.next(frame); ++pictures) CHECK(off_by(frame.image, 100, 100, color) <= 2);
    CHECK(pictures == 2);
  }
}

TEST_CASE("a picture that is too large is refused before it is decoded") {
  const test::TemporaryFolder folder;
  const fs::path file = file_of(folder, "YUV4MPEG2 W9000 H9000 F10:1 Ip A1:1 C420\nFRAME\n");
  CHECK_THROWS_WITH_AS(VideoReader::open_file(file, 1), doctest::Contains("9000x9000"), Error);
}

/// A Flash video of Sorenson's H.263 whose pictures say their size and hold noise. Sources: Adobe's FLV file
/// format 10.1, annex E.4; the header of its pictures there as H263VIDEOPACKET.
std::string flv(unsigned width, unsigned height) {
  std::string bits = std::string(16, '0') + '1' + std::string(13, '0') + "001" +
                     std::bitset<16>(width).to_string() + std::bitset<16>(height).to_string() + "000001010";
  for (int i = 0; i < 200; ++i) bits += "0110";
  std::string data(1, '\x12');
  for (std::size_t i = 0; i + 8 <= bits.size(); i += 8)
    data += static_cast<char>(std::bitset<8>(bits.substr(i, 8)).to_ulong());
  const auto number = [](std::size_t value, std::size_t bytes) {
    std::string text;
    while (bytes-- > 0) text += static_cast<char>(value >> (8 * bytes));
    return text;
  };
  std::string file = std::string("FLV\x01\x00", 5) + number(9, 4) + number(0, 4);
  for (std::size_t i = 0; i < 60; ++i)
    file += '\x09' + number(data.size(), 3) + number(100 * i, 3) + number(0, 4) + data +
            number(11 + data.size(), 4);
  return file;
}

TEST_CASE("streams that no header announces are bounded as well") {
  const test::TemporaryFolder folder;
  CHECK(VideoReader::open_file(file_of(folder, flv(64, 48)), 1).info().width == 64);
  // Probing decoded these 1.5 times as large as a picture may be, and then said their size.
  CHECK_THROWS_WITH_AS(VideoReader::open_file(file_of(folder, flv(9000, 6000)), 1),
                       doctest::Contains("the size of its pictures is not known"), Error);
}

TEST_CASE("a file that is cut off while it is read ends earlier") {
  const test::TemporaryFolder folder;
  const std::string text = y4m(640, 480, {120, 90, 170}, 30);
  const fs::path file = file_of(folder, text);
  VideoReader reader = VideoReader::open_file(file, 1);
  VideoFrame frame;
  REQUIRE(reader.next(frame));
  fs::resize_file(file, text.size() / 2);
  int more = 0;
  while (reader.next(frame)) ++more;
  CHECK(more >= 10);
  CHECK(more < 29);
}

TEST_CASE("a reader that is told to stop is at its end") {
  const test::TemporaryFolder folder;
  const fs::path file = file_of(folder, y4m(640, 480, {120, 90, 170}, 30));
  bool stopped = false;
  VideoReader asked = VideoReader::open_file(file, 1, [&] { return stopped; });
  VideoFrame frame;
  REQUIRE(asked.next(frame));
  stopped = true;
  int more = 0;
  while (asked.next(frame)) ++more;
  CHECK(more < 10);
  VideoReader interrupted = VideoReader::open_file(file, 1);
  interrupted.interrupt();
  CHECK(!interrupted.next(frame));
}

TEST_CASE("a display matrix turns and mirrors") {
  constexpr std::int32_t one = 1 << 16, unit = 1 << 30;
  const auto matrix = [&](int a, int b, int c, int d) {
    return orientation_of({a * one, b * one, 0, c * one, d * one, 0, 0, 0, unit});
  };
  CHECK(matrix(1, 0, 0, 1) == 1);
  CHECK(matrix(-1, 0, 0, 1) == 2);  // mirrored: right is left
  CHECK(matrix(-1, 0, 0, -1) == 3);
  CHECK(matrix(1, 0, 0, -1) == 4);
  CHECK(matrix(0, 1, 1, 0) == 5);   // rows become columns
  CHECK(matrix(0, 1, -1, 0) == 6);  // a quarter clockwise
  CHECK(matrix(0, -1, -1, 0) == 7);
  CHECK(matrix(0, -1, 1, 0) == 8);
  CHECK(orientation_of({}) == 1);
  CHECK(orientation_of({one, 3000, 0, -3000, one, 0, 0, 0, unit}) == 1);
}

TEST_CASE("what is no video says so, and no other file is read") {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "other.y4m") << y4m(64, 64, {120, 90, 170}, 3);
  REQUIRE(VideoReader::open_file(folder / "other.y4m", 1).info().width == 64);
  for (const std::string_view text : {"", "plain text", "ffconcat version 1.0\nfile other.y4m\n",
                                      "#EXTM3U\n#EXTINF:2,\nother.y4m\n#EXT-X-ENDLIST\n"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(VideoReader::open_file(file_of(folder, text), 1), doctest::Contains("v.mp4: "),
                         Error);
  }
  CHECK_THROWS_WITH_AS(VideoReader::open_file(folder / "none.mp4", 1), doctest::Contains("none.mp4"), Error);
  CHECK_THROWS_WITH_AS(VideoReader::open_file(folder.path(), 1), doctest::Contains("not a regular file"),
                       Error);
}

}  // namespace
}  // namespace lp
