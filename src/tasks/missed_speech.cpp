#include "tasks/missed_speech.hpp"

#include "tasks/loudness.hpp"

#include <algorithm>

namespace lp {
namespace {

constexpr std::size_t least_echo = 10, most_told = 223;  // tokens
// Slow speech with a pause in it is no longer.
constexpr double longest_pause = 3.0, longest_token = 0.75;  // seconds
constexpr double least_missed = 1.5;                         // seconds

bool is_long(const SpokenSegment& segment) {
  return segment.end - segment.start >
         longest_pause + longest_token * static_cast<double>(segment.text.size());
}

/// When the words of a segment begin and end, which has the tokens from `first` on.
std::pair<double, double> spoken_between(std::span<const TimedWord> words, std::size_t first,
                                         const SpokenSegment& segment) {
  double begin = segment.start, end = segment.start;
  std::size_t at = 0;
  for (const TimedWord& word : words) {
    if (at >= first && at < first + segment.text.size()) {
      // A word that takes as long as a pause was said at its end, and what stands before it is not sure.
      const bool is_unsure = word.end - word.start > longest_pause;
      if (is_unsure || end == segment.start) begin = is_unsure ? word.end - longest_token : word.start;
      end = word.end;
    }
    at += word.tokens;
  }
  return {begin, end};
}

std::span<const float> part_of(std::span<const float> samples, double start, double end) {
  constexpr double rate = 16000;
  const auto at = [&](double seconds) {
    return std::min(static_cast<std::size_t>(std::max(seconds, 0.0) * rate), samples.size());
  };
  return samples.subspan(at(start), std::max(at(end), at(start)) - at(start));
}

}  // namespace

bool is_echo(std::span<const std::int32_t> text, std::span<const std::int32_t> before) {
  if (before.size() > most_told) before = before.last(most_told);
  for (std::size_t first = 0; first + least_echo <= text.size(); ++first) {
    const auto part = text.subspan(first, least_echo);
    if (!std::ranges::search(before, part).empty()) return true;
  }
  return false;
}

std::optional<MissedSpeech> find_missed_speech(
    std::span<const SpokenSegment> segments, std::span<const float> samples, float audible,
    const std::function<std::vector<TimedWord>(std::span<const std::int32_t> text)>& times_of) {
  const auto found = std::ranges::find_if(segments, is_long);
  if (found == segments.end()) return std::nullopt;
  std::vector<std::int32_t> text;
  std::size_t first = 0;  // token of the segment
  for (auto segment = segments.begin(); segment != segments.end(); ++segment) {
    if (segment == found) first = text.size();
    text.insert(text.end(), segment->text.begin(), segment->text.end());
  }
  const auto [begin, end] = spoken_between(times_of(text), first, *found);
  const auto before = static_cast<std::size_t>(found - segments.begin());
  // Heard by itself, what was missed is a shorter window: there is an end to it.
  const bool is_less = begin + least_missed < static_cast<double>(samples.size()) / 16000;
  if (is_less && begin - found->start > longest_pause &&
      loudness(part_of(samples, found->start, begin)) > audible)
    return MissedSpeech{before, before > 0 ? segments[before - 1].end : 0, found->start, begin};
  if (end <= found->start || end + least_missed > found->end) return std::nullopt;
  return MissedSpeech{before + 1, end, end, std::nullopt};
}

}  // namespace lp
