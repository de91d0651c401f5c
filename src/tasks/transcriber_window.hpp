#pragma once
// What transcriber.cpp and transcriber_live.cpp share.
#include "tasks/transcriber.hpp"

#include <limits>
#include <string_view>

namespace lp {

constexpr double time_step = 0.02;  // seconds between two tokens of time
// Above it a text is not told to the next window (whisper/transcribe.py).
constexpr double most_trusted_temperature = 0.5;

inline double seconds_of(std::size_t samples) {
  return static_cast<double>(samples) / WhisperModel::rate;
}

/// Whether there is more than marks and spaces in a text.
bool has_letters(std::string_view text);

/// A part of a sound that is heard at once, and what is known before.
struct Transcriber::Window {
  std::span<const float> samples;
  Transcript& transcript;                   // so far; its language is empty as long as it is not known
  const std::vector<std::int32_t>& before;  // tokens that were said
  std::vector<std::int32_t> begins = {};    // tokens that its text is known to begin with
  double known_end = 0;                     // seconds, of the words that these are
  std::size_t most = std::numeric_limits<std::size_t>::max();  // tokens of its text
};

}  // namespace lp
