#include "media/sound_writer.hpp"

#include "base/error.hpp"
#include "media/sound_reader.hpp"
#include "unit/formats/files.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <numbers>
#include <vector>

namespace lp {
namespace {

using test::TemporaryFolder;

/// A tone that rises, so that it is like itself at no other time.
std::vector<float> rising_tone(int rate, double seconds) {
  std::vector<float> samples(static_cast<std::size_t>(rate * seconds));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double t = static_cast<double>(i) / rate;
    samples[i] = static_cast<float>(0.5 * std::sin(2 * std::numbers::pi * (300 * t + 200 * t * t)));
  }
  return samples;
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<float> read(const std::filesystem::path& path, int rate) {
  SoundReader reader = SoundReader::open_file(path, rate);
  std::vector<float> samples;
  while (reader.next(samples)) {
  }
  return samples;
}

/// The part of `sound` that is not `wanted`, in loudness, at the shift where it is least.
double error_of(const std::vector<float>& sound, const std::vector<float>& wanted) {
  double least = std::numeric_limits<double>::max();
  for (std::ptrdiff_t shift = -50; shift <= 1100; ++shift) {  // ADTS cannot say that 1,024 samples are extra
    double error = 0, loudness = 0;
    for (std::size_t i = 3000; i + 3000 < std::min(sound.size(), wanted.size()); ++i) {
      const double difference =
          static_cast<double>(sound[static_cast<std::size_t>(static_cast<std::ptrdiff_t>(i) + shift)]) -
          wanted[i];
      error += difference * difference;
      loudness += static_cast<double>(wanted[i]) * wanted[i];
    }
    least = std::min(least, std::sqrt(error / loudness));
  }
  return least;
}

std::filesystem::path write(const std::filesystem::path& path, SoundFormat format, int rate,
                            const std::vector<float>& samples) {
  SoundWriter writer(path, format, rate);
  const std::span<const float> all = samples;
  writer.write(all.first(all.size() / 3));
  writer.write(all.subspan(all.size() / 3));
  CHECK_FALSE(std::filesystem::exists(path));
  writer.commit();
  return path;
}

std::string streamed(SoundFormat format, int rate, const std::vector<float>& samples) {
  std::string all;
  SoundWriter writer(
      [&](std::span<const std::byte> bytes) {
        all.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      },
      format, rate);
  writer.write(samples);
  writer.commit();
  return all;
}

}  // namespace

TEST_CASE("a wav is 16-bit samples behind 44 bytes") {
  const TemporaryFolder folder;
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  const std::string bytes =
      bytes_of(write(folder.path() / "a.wav", SoundFormat::wav, 22050, {0, 1, -1, 0.5F, 2, -2, nan}));
  const std::string wanted(
      "RIFF\x32\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x22\x56\0\0\x44\xac\0\0\2\0\x10\0data\x0e\0\0\0"
      "\0\0\xff\x7f\x01\x80\0\x40\xff\x7f\x01\x80\0\0",
      58);
  CHECK(bytes == wanted);
  CHECK(bytes_of(write(folder.path() / "a.pcm", SoundFormat::pcm, 22050, {0, 1, -1, 0.5F, 2, -2, nan})) ==
        wanted.substr(44));
}

TEST_CASE("a wav that is streamed has the greatest length") {
  const std::string bytes = streamed(SoundFormat::wav, 16000, {0.5F, 0.25F});
  CHECK(bytes.size() == 48);
  CHECK(bytes.substr(4, 4) == "\xff\xff\xff\xff");
  CHECK(bytes.substr(40, 4) == "\xff\xff\xff\xff");
  const TemporaryFolder folder;
  const std::vector<float> tone = rising_tone(16000, 0.5);
  std::ofstream(folder.path() / "a.wav", std::ios::binary) << streamed(SoundFormat::wav, 16000, tone);
  CHECK(error_of(read(folder.path() / "a.wav", 16000), tone) < 1e-4);
}

TEST_CASE("what FFmpeg encodes is what it was given") {
  struct Case {
    const char* file;
    SoundFormat format;
    int rate;
    double error;  // measured: FLAC 4e-5, MP3 0.050 (LAME takes 5 % off the volume), Opus 0.013, AAC 0.0006
    const char* codec;
  };
  const TemporaryFolder folder;
  for (const Case& wanted : {Case{"a.flac", SoundFormat::flac, 22050, 1e-4, "flac"},
                             Case{"a.mp3", SoundFormat::mp3, 22050, 0.06, "mp3"},
                             Case{"b.mp3", SoundFormat::mp3, 23000, 0.06, "mp3"},
                             Case{"a.opus", SoundFormat::opus, 22050, 0.03, "opus"},
                             Case{"a.aac", SoundFormat::aac, 22050, 0.005, "aac"},
                             Case{"a.m4a", SoundFormat::aac, 16000, 0.005, "aac"}}) {
    CAPTURE(std::string(wanted.file));
    const std::vector<float> tone = rising_tone(wanted.rate, 2);
    const auto path = write(folder.path() / wanted.file, wanted.format, wanted.rate, tone);
    CHECK(SoundReader::open_file(path, 16000).info().codec == wanted.codec);
    const std::vector<float> sound = read(path, wanted.rate);
    CHECK(std::abs(static_cast<double>(sound.size()) - static_cast<double>(tone.size())) < 0.1 * wanted.rate);
    const double error = error_of(sound, tone);
    CHECK(error < wanted.error);
    const auto again =
        write(folder.path() / (std::string("again-") + wanted.file), wanted.format, wanted.rate, tone);
    CHECK(bytes_of(again) == bytes_of(path));
  }
}

TEST_CASE("a stream is a sound, too, and comes as it is written") {
  const TemporaryFolder folder;
  const std::vector<float> tone = rising_tone(24000, 1);
  for (const auto& [name, format] : {std::pair{"a.mp3", SoundFormat::mp3},
                                     {"a.flac", SoundFormat::flac},
                                     {"a.opus", SoundFormat::opus},
                                     {"a.aac", SoundFormat::aac}}) {
    CAPTURE(std::string(name));
    std::string all;
    SoundWriter writer(
        [&](std::span<const std::byte> bytes) {
          all.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        },
        format, 24000);
    writer.write(tone);
    writer.write(tone);
    CHECK(all.size() > 1000);
    writer.commit();
    std::ofstream(folder.path() / name, std::ios::binary) << all;
    CHECK(static_cast<double>(read(folder.path() / name, 24000).size()) ==
          doctest::Approx(48000).epsilon(0.1));
  }
}

TEST_CASE("what cannot be written is said, and nothing is left") {
  const TemporaryFolder folder;
  const auto write_all = [](SoundFormat format) {
    const auto sink = [](std::span<const std::byte> bytes) {
      if (bytes.size() > 100) fail(Fault::io, "the sink is full");
    };
    SoundWriter writer(sink, format, 16000);
    writer.write(rising_tone(16000, 2));
    writer.commit();
  };
  for (const SoundFormat format : {SoundFormat::wav, SoundFormat::flac, SoundFormat::mp3})
    CHECK_THROWS_WITH_AS(write_all(format), "the sink is full", Error);
  std::ofstream(folder.path() / "file") << "x";
  CHECK_THROWS_AS(SoundWriter(folder.path() / "file" / "a.wav", SoundFormat::wav, 16000), Error);
  {
    SoundWriter(folder.path() / "left.wav", SoundFormat::wav, 16000).write(rising_tone(16000, 1));
  }
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("names and endings of formats") {
  CHECK(sound_format("opus") == SoundFormat::opus);
  CHECK_FALSE(sound_format("ogg"));
  CHECK(sound_format_of("x/A.WAV") == SoundFormat::wav);
  CHECK(sound_format_of("a.m4a") == SoundFormat::aac);
  CHECK_FALSE(sound_format_of("a"));
  CHECK_FALSE(sound_format_of("a.txt"));
}

}  // namespace lp
