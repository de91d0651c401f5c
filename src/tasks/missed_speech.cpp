#include "tasks/missed_speech.hpp"

#include "tasks/loudness.hpp"
#include "tasks/whisper_model.hpp"

#include <algorithm>

namespace lp {
namespace {

// Slow speech with a pause in it is no longer.
constexpr double longest_pause = 3.0, longest_token = 0.75;  // seconds
constexpr double least_missed = 1.5, least_done = 1.0;       // seconds

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

}  // namespace

bool shares_run(std::span<const std::int32_t> text, std::span<const std::int32_t> other, std::size_t count) {
  for (std::size_t first = 0; first + count <= text.size(); ++first)
    if (!std::ranges::search(other, text.subspan(first, count)).empty()) return true;
  return false;
}

bool repeats_itself(std::span<const std::int32_t> text, std::size_t count) {
  for (std::size_t first = 0; first + count <= text.size(); ++first)
    if (!std::ranges::search(text.subspan(first + 1), text.subspan(first, count)).empty()) return true;
  return false;
}

bool hides_speech(double start, double end, std::span<const float> samples, float audible) {
  return end - start > longest_pause &&
         loudness(part_of(samples, start + longest_token, end - longest_token)) > audible;
}

std::optional<MissedSpeech> find_missed_speech(
    std::span<const SpokenSegment> segments, std::span<const float> samples, float audible,
    const std::function<std::vector<TimedWord>(std::span<const std::int32_t> text)>& times_of) {
  if (std::ranges::none_of(segments, is_long)) return std::nullopt;
  std::vector<std::int32_t> text;
  for (const SpokenSegment& segment : segments)
    text.insert(text.end(), segment.text.begin(), segment.text.end());
  const std::vector<TimedWord> words = times_of(text);
  const double whole = static_cast<double>(samples.size()) / WhisperModel::rate;
  const auto is_audible = [&](double start, double end) {
    return loudness(part_of(samples, start, end)) > audible;
  };
  std::size_t token = 0;
  for (std::size_t i = 0; i < segments.size(); token += segments[i++].text.size()) {
    const SpokenSegment& segment = segments[i];
    if (!is_long(segment)) continue;
    const auto [begin, end] = spoken_between(words, token, segment);
    // Heard by itself, what was missed is a shorter window: there is an end to it.
    if (begin - segment.start > longest_pause && begin + least_missed < whole &&
        is_audible(segment.start, begin))
      return MissedSpeech{i, i > 0 ? segments[i - 1].end : 0, segment.start, begin};
    if (end > segment.start && end >= least_done && end + least_missed <= segment.end &&
        is_audible(end, segment.end))
      return MissedSpeech{i + 1, end, end, std::nullopt};
  }
  return std::nullopt;
}

}  // namespace lp
