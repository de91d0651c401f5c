#pragma once
#include "tasks/word_times.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace lp {

/// Whether a text holds `count` tokens in a row that stand in another one, too.
bool shares_run(std::span<const std::int32_t> text, std::span<const std::int32_t> other, std::size_t count);
/// Whether it holds some twice.
bool repeats_itself(std::span<const std::int32_t> text, std::size_t count);

/// A segment of a window: seconds from the window's start, and its tokens of text.
struct SpokenSegment {
  double start = 0, end = 0;
  std::vector<std::int32_t> text;
};

/// What a window's text has left out.
struct MissedSpeech {
  std::size_t segments = 0;   // of those given, which stand before it and stay
  double last_end = 0;        // when the last of these ends, seconds from the window's start
  double start = 0;           // when what was missed begins
  std::optional<double> end;  // and when it ends, if there was text behind it
};

/// Whether a word, from `start` to `end` seconds of `samples`, lasts as long as a pause, and in the middle of
/// it something is louder than `audible`: text was left out there.
bool hides_speech(double start, double end, std::span<const float> samples, float audible);

/// Whisper leaves out what stands before or behind a few words, and says that these took all the time. Where
/// a segment lasts far longer than its words could, they are looked for (`times_of`: words of a text, seconds
/// from the window's start): it ends with its last word; or it is given up, if something louder than
/// `audible` stands before its first one.
std::optional<MissedSpeech> find_missed_speech(
    std::span<const SpokenSegment> segments, std::span<const float> samples, float audible,
    const std::function<std::vector<TimedWord>(std::span<const std::int32_t> text)>& times_of);

}  // namespace lp
