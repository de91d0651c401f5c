#include "tasks/streaming/speech_gate.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

namespace lp {
namespace {

constexpr std::size_t rate = 16000;

std::vector<float> noise(double seconds, float loudness) {
  std::mt19937 random(1);
  std::vector<float> samples(static_cast<std::size_t>(seconds * rate));
  // Uniform numbers from -1 to 1 have the root mean square 0.577.
  for (float& sample : samples) sample = loudness / 0.577F * (static_cast<float>(random()) / 0x1p31F - 1);
  return samples;
}

}  // namespace

TEST_CASE("silence is no speech, and a noise that stays is none for longer than a second") {
  SpeechGate gate;
  gate.add(std::vector<float>(3 * rate, 0.0F));
  CHECK(gate.loud_end() == 0);
  SpeechGate other;
  other.add(noise(20, 0.05F));
  CHECK(other.loud_end() == rate);
}

TEST_CASE("what is louder than the noise is speech until it ends, however it comes in pieces") {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{333}, std::size_t{320}, rate}) {
    SpeechGate gate;
    std::vector<float> sound = noise(2, 0.01F);
    const std::vector<float> speech = noise(1, 0.05F), rest = noise(2, 0.01F);
    sound.insert(sound.end(), speech.begin(), speech.end());
    sound.insert(sound.end(), rest.begin(), rest.end());
    for (std::size_t at = 0; at < sound.size(); at += piece)
      gate.add(std::span(sound).subspan(at, std::min(piece, sound.size() - at)));
    CHECK(gate.loud_end() == 3 * rate);
  }
}

TEST_CASE("a noise that begins is silence again after a while") {
  SpeechGate gate;
  gate.add(noise(2, 0.001F));
  gate.add(noise(20, 0.05F));
  CHECK(gate.loud_end() > 4 * rate);
  CHECK(gate.loud_end() <= 12 * rate);
}

TEST_CASE("the quietest place lies where it is quiet") {
  std::vector<float> sound = noise(1, 0.1F);
  std::fill(sound.begin() + 8000, sound.begin() + 8400, 0.0F);
  const std::size_t place = quietest_place(sound, 6000, 10000);
  CHECK(place >= 8100);
  CHECK(place <= 8300);
  CHECK(quietest_place(sound, 2000, 2000) == 2160);
  CHECK(quietest_place(sound, 15990, 20000) <= sound.size());
  CHECK(quietest_place(std::span(sound).first(100), 0, 100) == 50);
}

}  // namespace lp
