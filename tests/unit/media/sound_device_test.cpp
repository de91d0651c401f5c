#include "media/sound_device.hpp"

#include "base/dynamic_library.hpp"
#include "base/error.hpp"
#include "fakes/portaudio.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <numbers>

namespace lp {
namespace {

/// The fake's sound card as it is delivered. From now on the program takes the fake for PortAudio.
test::SoundCard& sound_card() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread reads it meanwhile
  ::setenv("LLAMA_PAJAMAS_PORTAUDIO", LP_FAKE_PORTAUDIO, 1);
  test::SoundCard* (*card)() = nullptr;
  DynamicLibrary({LP_FAKE_PORTAUDIO}, "this test").find(card, "lp_fake_sound_card");
  *card() = {};
  return *card();
}

std::vector<float> tone(int rate, double seconds) {
  std::vector<float> samples(static_cast<std::size_t>(rate * seconds));
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] =
        static_cast<float>(0.5 * std::sin(2 * std::numbers::pi * 440 * static_cast<double>(i) / rate));
  return samples;
}

/// The largest difference to a tone, ends apart.
double difference(const std::vector<float>& sound, int rate) {
  const std::vector<float> wanted = tone(rate, 1);
  double worst = 0;
  for (std::size_t i = 200; i + 200 < std::min(sound.size(), wanted.size()); ++i)
    worst = std::max(worst, std::abs(static_cast<double>(sound[i]) - wanted[i]));
  return worst;
}

}  // namespace

TEST_CASE("speakers play what they are given, and wait until it was heard") {
  test::SoundCard& card = sound_card();
  CHECK(has_speakers());
  CHECK(sound_device_library_version() == "19.0.0-fake");
  {
    Speakers speakers(22050);
    const std::vector<float> sound = tone(22050, 1);
    speakers.write(std::span(sound).first(10000));
    speakers.write(std::span(sound).subspan(10000));
    speakers.write({});
    speakers.finish();
    CHECK(card.played == sound);
    CHECK(card.rate == 22050);
    CHECK(card.stopped == 1);
    CHECK(speakers.seconds() == doctest::Approx(1));
  }
  CHECK(card.open == 0);
}

TEST_CASE("where a device has another rate, the sound is resampled") {
  test::SoundCard& card = sound_card();
  card.only_rate = 48000;
  Speakers speakers(22050);
  speakers.write(tone(22050, 1));
  speakers.finish();
  CHECK(static_cast<double>(card.played.size()) == doctest::Approx(48000).epsilon(0.001));
  CHECK(difference(card.played, 48000) < 0.01);
  card.heard = tone(48000, 1);
  Microphone microphone(16000);
  std::vector<float> heard;
  while (heard.size() < 15800) CHECK(microphone.next(heard));
  CHECK(difference(heard, 16000) < 0.01);
}

TEST_CASE("speakers fall silent soon after they are stopped") {
  test::SoundCard& card = sound_card();
  bool stop = false;
  Speakers speakers(48000, [&] {
    stop = card.played.size() >= 4800;
    return stop;
  });
  speakers.write(tone(48000, 1));
  speakers.finish();
  CHECK(card.played.size() == 4800);
  CHECK(card.aborted == 1);
  stop = false;
  speakers.write(tone(48000, 1));
  speakers.finish();
  CHECK(card.played.size() == 4800);
  CHECK(card.stopped == 0);
}

TEST_CASE("a microphone gives what it hears until it is stopped, and tells of gaps") {
  test::SoundCard& card = sound_card();
  card.heard = tone(16000, 0.1);
  const std::vector<float> wanted = card.heard;
  bool stop = false;
  Microphone microphone(16000, [&] { return stop; });
  std::vector<float> heard;
  for (int i = 0; i < 5; ++i) CHECK(microphone.next(heard));
  CHECK(heard == wanted);
  CHECK(microphone.gaps() == 0);
  card.error = -9981;
  CHECK(microphone.next(heard));
  CHECK(microphone.gaps() == 1);
  stop = true;
  CHECK_FALSE(microphone.next(heard));
}

TEST_CASE("what sound devices lack or do wrong is said") {
  test::SoundCard& card = sound_card();
  card.has_device = false;
  CHECK_FALSE(has_speakers());
  CHECK_THROWS_WITH_AS(Speakers(22050), "the speakers: the system has no such device", Error);
  CHECK_THROWS_WITH_AS(Microphone(16000), "the microphone: the system has no such device", Error);
  card.has_device = true;
  card.only_rate = 1;
  CHECK_THROWS_WITH_AS(Speakers(22050), "the speakers cannot be opened: Invalid sample rate", Error);
  card.only_rate = 0;
  {
    Speakers gaps(22050);
    card.error = -9980;  // it had nothing to play
    gaps.write(tone(22050, 0.01));
    gaps.finish();
    card.error = 0;
    Speakers speakers(22050);
    card.error = -9985;
    speakers.write(tone(22050, 0.01));
    CHECK_THROWS_WITH_AS(speakers.finish(), "the speakers: Device unavailable", Error);
    Microphone microphone(16000);
    card.error = -9985;
    std::vector<float> heard;
    CHECK_THROWS_WITH_AS(microphone.next(heard), "the microphone: Device unavailable", Error);
  }
  CHECK(card.open == 0);
}

}  // namespace lp
