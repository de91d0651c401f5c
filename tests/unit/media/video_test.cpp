#include "base/error.hpp"
#include "media/video_reader.hpp"
#include "media/video_writer.hpp"
#include "unit/formats/files.hpp"

#include <doctest/doctest.h>

#include <array>
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
    CHECK(reader.broken_packets() == 0);
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

TEST_CASE("what is no video says so, and names no other file") {
  const test::TemporaryFolder folder;
  const auto file = [&](std::string_view text) {
    const fs::path path = folder.path() / "v.mp4";
    std::ofstream(path) << text;
    return path;
  };
  for (const std::string_view text :
       {"", "plain text", "ffconcat version 1.0\nfile other.mp4\n", "#EXTM3U\n#EXTINF:2,\nother.mp4\n"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(VideoReader::open_file(file(text), 1), doctest::Contains("v.mp4: "), Error);
  }
  CHECK_THROWS_WITH_AS(VideoReader::open_file(folder.path() / "none.mp4", 1), doctest::Contains("none.mp4"),
                       Error);
}

}  // namespace
}  // namespace lp
