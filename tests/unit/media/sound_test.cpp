#include "base/descriptor.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "media/sound_reader.hpp"
#include "unit/formats/files.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <numbers>
#include <thread>

namespace lp {
namespace {

using test::TemporaryFolder;

void put(std::string& bytes, std::uint32_t value, int count) {
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFFU);
}

/// A WAV file of 16 bits: a sine of `hertz` in every channel.
std::string wav(std::uint32_t rate, std::uint32_t channels, double seconds, double hertz) {
  std::string data;
  const auto count = static_cast<int>(seconds * rate);
  for (int i = 0; i < count; ++i)
    for (std::uint32_t c = 0; c < channels; ++c) {
      const double value = 0.5 * std::sin(2 * std::numbers::pi * hertz * i / rate);
      put(data, static_cast<std::uint32_t>(std::lround(value * 32767)), 2);
    }
  std::string bytes = "RIFF";
  put(bytes, static_cast<std::uint32_t>(36 + data.size()), 4);
  bytes += "WAVEfmt ";
  for (const auto& [value, size] : {std::pair{16U, 4},
                                    {1U, 2},
                                    {channels, 2},
                                    {rate, 4},
                                    {rate * channels * 2, 4},
                                    {channels * 2, 2},
                                    {16U, 2}})
    put(bytes, value, size);
  bytes += "data";
  put(bytes, static_cast<std::uint32_t>(data.size()), 4);
  return bytes + data;
}

std::vector<float> read(const std::filesystem::path& path, int rate = 16000) {
  SoundReader reader = SoundReader::open_file(path, rate);
  std::vector<float> samples;
  while (reader.next(samples)) {
  }
  return samples;
}

std::filesystem::path write(const TemporaryFolder& folder, const std::string& name,
                            const std::string& bytes) {
  const std::filesystem::path path = folder.path() / name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

/// A pipe whose other end a thread writes to.
class Pipe {
 public:
  explicit Pipe(std::string bytes) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    read_ = Descriptor(ends[0]);
    writer_ = std::thread([bytes = std::move(bytes), to = ends[1]] {
      std::string_view rest = bytes;
      while (!rest.empty()) {
        const ssize_t taken = ::write(to, rest.data(), std::min<std::size_t>(rest.size(), 5000));
        if (taken < 0) break;
        rest.remove_prefix(static_cast<std::size_t>(taken));
      }
      ::close(to);
    });
  }
  ~Pipe() {
    std::array<char, 4096> rest{};
    while (::read(read_.value(), rest.data(), rest.size()) > 0) {
    }
    writer_.join();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int value() const { return read_.value(); }

 private:
  Descriptor read_;
  std::thread writer_;
};

std::vector<float> read_pipe(const std::string& bytes, int pcm_rate = 0) {
  const Pipe pipe(bytes);
  SoundReader reader = SoundReader::open_pipe(pipe.value(), "standard input", 16000, {}, pcm_rate);
  std::vector<float> samples;
  while (reader.next(samples)) {
  }
  return samples;
}

}  // namespace

TEST_CASE("a sound is read from a pipe, with or without a container") {
  const std::string whole = wav(16000, 1, 1, 440);
  const TemporaryFolder folder;
  const std::vector<float> wanted = read(write(folder, "a.wav", whole));
  CHECK(read_pipe(whole) == wanted);
  CHECK(read_pipe(whole.substr(44), 16000) == wanted);
  CHECK(read_pipe(whole.substr(44), 8000).size() == doctest::Approx(32000).epsilon(0.01));
  const std::vector<float> file = [&] {
    SoundReader reader = SoundReader::open_file(write(folder, "a.raw", whole.substr(44)), 16000, {}, 16000);
    std::vector<float> samples;
    while (reader.next(samples)) {
    }
    return samples;
  }();
  CHECK(file == wanted);
  CHECK_THROWS_WITH_AS(read_pipe(""), doctest::Contains("standard input: nothing in it"), Error);
  CHECK_THROWS_WITH_AS(read_pipe(std::string(50000, 'x')), doctest::Contains("not a sound"), Error);
  CHECK_THROWS_WITH_AS(read_pipe("xx", 10), doctest::Contains("10 samples a second"), Error);
}

TEST_CASE("a signal ends the wait for a pipe") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const Descriptor from(ends[0]), to(ends[1]);
  int asked = 0;
  CHECK_THROWS_AS(SoundReader::open_pipe(from.value(), "standard input", 16000, [&] { return ++asked > 2; }),
                  Error);
}

TEST_CASE("a file that is standard input is read as a file") {
  const TemporaryFolder folder;
  const auto path = write(folder, "a.wav", wav(16000, 1, 1, 440));
  const Descriptor file = open_regular(path);
  SoundReader reader = SoundReader::open_pipe(file.value(), "standard input", 16000);
  std::vector<float> samples;
  while (reader.next(samples)) {
  }
  CHECK(samples == read(path));
}

TEST_CASE("a sound is read at the rate that is wanted, in one channel") {
  const TemporaryFolder folder;
  for (const std::uint32_t rate : {8000U, 16000U, 44100U, 48000U, 384000U})
    for (const std::uint32_t channels : {1U, 2U, 32U}) {
      CAPTURE(rate);
      CAPTURE(channels);
      const auto path = write(folder, "sine.wav", wav(rate, channels, 0.5, 440));
      const SoundReader reader = SoundReader::open_file(path, 16000);
      CHECK(reader.info().rate == static_cast<int>(rate));
      CHECK(reader.info().channels == static_cast<int>(channels));
      CHECK(reader.info().seconds == doctest::Approx(0.5).epsilon(0.01));
      const std::vector<float> samples = read(path);
      CHECK(samples.size() == doctest::Approx(8000).epsilon(0.002));
      double worst = 0;  // the resampler's ends apart
      for (std::size_t i = 200; i + 200 < samples.size(); ++i) {
        const double wanted = 0.5 * std::sin(2 * std::numbers::pi * 440 * static_cast<double>(i) / 16000);
        worst = std::max(worst, std::abs(static_cast<double>(samples[i]) - wanted));
      }
      CHECK(worst < 0.01);
    }
}

TEST_CASE("what is no sound is refused in one sentence") {
  const TemporaryFolder folder;
  CHECK_THROWS_AS(read(folder.path() / "absent.wav"), Error);
  CHECK_THROWS_WITH_AS(read(write(folder, "empty.wav", "")), doctest::Contains("the file is empty"), Error);
  CHECK_THROWS_WITH_AS(read(write(folder, "text.mp3", std::string(5000, 'x'))),
                       doctest::Contains("not a sound"), Error);
  CHECK_THROWS_WITH_AS(read(write(folder, "nothing.wav", wav(16000, 1, 0, 1))),
                       doctest::Contains("nothing of its sound"), Error);
  CHECK_THROWS_WITH_AS(read(write(folder, "slow.wav", wav(999, 1, 1, 1))),
                       doctest::Contains("999 samples a second; 1000 to"), Error);
  std::string zero = wav(16000, 1, 0.1, 1);
  std::memset(zero.data() + 24, 0, 4);
  CHECK_THROWS_AS(read(write(folder, "zero.wav", zero)), Error);
}

TEST_CASE("of a sound that is cut off the beginning is read") {
  const TemporaryFolder folder;
  const std::string whole = wav(16000, 1, 1, 440);
  CHECK(read(write(folder, "cut.wav", whole.substr(0, whole.size() / 2))).size() ==
        doctest::Approx(8000).epsilon(0.01));
}

}  // namespace lp
