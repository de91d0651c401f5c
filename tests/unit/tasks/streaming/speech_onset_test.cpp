#include "tasks/streaming/speech_onset.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace lp {
namespace {

constexpr std::size_t rate = 16000;

/// Noise that is as loud as `loudness` (root mean square).
std::vector<float> noise(double seconds, float loudness) {
  std::mt19937 random(1);
  std::vector<float> samples(static_cast<std::size_t>(seconds * rate));
  for (float& sample : samples) sample = loudness / 0.577F * (static_cast<float>(random()) / 0x1p31F - 1);
  return samples;
}

}  // namespace

TEST_CASE("who speaks is noticed within a fifth of a second, and so is the end, however the sound comes") {
  for (const std::size_t piece : {std::size_t{320}, std::size_t{333}, std::size_t{100}}) {
    std::vector<float> sound = noise(3, 0.001F);
    const std::vector<float> speech = noise(1, 0.1F), rest = noise(1, 0.001F);
    sound.insert(sound.end(), speech.begin(), speech.end());
    sound.insert(sound.end(), rest.begin(), rest.end());
    SpeechOnset onset;
    double first = 0, last = 0;
    for (std::size_t at = 0; at < sound.size(); at += piece) {
      const bool speaks = onset.add(std::span(sound).subspan(at, std::min(piece, sound.size() - at)));
      const double now = static_cast<double>(at + piece) / rate;
      if (speaks && now > 1.5 && first == 0) first = now;
      if (speaks) last = now;
    }
    CHECK(first > 3.15);
    CHECK(first < 3.2);
    CHECK(last > 3.9);
    CHECK(last < 4.1);
  }
}

TEST_CASE("clicks are no speech, and neither is a noise that stays") {
  SpeechOnset onset;
  std::vector<float> sound = noise(10, 0.01F);
  for (std::size_t at = 2 * rate; at < sound.size(); at += rate / 5)
    for (std::size_t i = 0; i < rate / 20; ++i) sound[at + i] *= 20;
  onset.add(std::span(sound).first(2 * rate));
  CHECK_FALSE(onset.add(std::span(sound).subspan(2 * rate)));
}

}  // namespace lp
