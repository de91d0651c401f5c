#include "tasks/transcriber_window.hpp"

#include <algorithm>
#include <cmath>

namespace lp {
namespace {

constexpr double latest_start = 1.0;  // seconds that a text may begin with
// Fast speech has six words a second, of a token or two each.
constexpr std::size_t least_room = 8;
constexpr double most_tokens_a_second = 12;
// Lengths of texts that prepare() is for: known tokens of 15 s, and the shortest prompt with a word.
constexpr int longest_prepared = 128, shortest_aligned = 8;

}  // namespace

bool has_letters(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    return (c & 0x80) != 0 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

/// The words among `timed` that are not known, with their tokens, which `text` holds.
std::vector<StreamWord> Transcriber::words_behind(const StreamWindow& window,
                                                  std::span<const std::int32_t> text,
                                                  std::vector<TimedWord> timed) const {
  std::size_t known = 0, at = 0;
  for (const StreamWord& word : window.known) known += word.tokens.size();
  std::vector<StreamWord> words;
  for (TimedWord& word : timed) {
    const std::size_t first = at;
    at += word.tokens;
    if (at <= known) continue;
    const std::span<const std::int32_t> tokens =
        text.subspan(std::max(first, known), at - std::max(first, known));
    // What goes on a word that is known is a word of its own, unless it is but a mark.
    if (first < known) word.word = tokenizer_.decode(tokens, false);
    if (first < known && !has_letters(word.word)) continue;
    words.push_back({std::move(word.word), word.start, word.end, {tokens.begin(), tokens.end()}});
  }
  return words;
}

/// A hearing that is soon followed by another one: a text without an end is given up, and one that is
/// unlikely, which may become likely, is taken as it is.
Heard Transcriber::hear_for_now(Window& window, const SpeechOptions& options, bool& is_endless) {
  const double fresh = seconds_of(window.samples.size()) - window.known_end;
  window.most = window.begins.size() + least_room +
                static_cast<std::size_t>(most_tokens_a_second * std::max(fresh, 0.0));
  Heard heard;
  for (int frames = frames_for(window, options);; frames = model_.frames()) {
    model_.hear(window.samples, frames);
    heard = search(window, options, options.temperature.value_or(0));
    is_endless = heard.tokens.size() >= window.most || is_repeated(heard);
    if (frames == model_.frames() || !(is_endless || says_twice(window, heard))) return heard;
  }
}

HeardWords Transcriber::hear_window(const StreamWindow& window, const SpeechOptions& options) {
  Transcript transcript{.language = window.language};
  Window part{window.samples, transcript, window.before};
  if (!window.known.empty()) {
    const double start = std::clamp(window.known.front().start, 0.0, latest_start);
    part.begins.push_back(tokens_.first_time + static_cast<std::int32_t>(std::lround(start / time_step)));
    part.known_end = window.known.back().end;
    for (const StreamWord& word : window.known)
      part.begins.insert(part.begins.end(), word.tokens.begin(), word.tokens.end());
  }
  double temperature = 0;
  HeardWords found;
  Heard heard;
  if (window.is_last) {
    heard = hear(part, options, temperature);
    found.went_wrong = went_wrong(heard) || temperature > most_trusted_temperature;
  } else {
    heard = hear_for_now(part, options, found.went_wrong);
  }
  found.language = transcript.language;
  if (has_no_speech(heard)) return found;
  if (found.went_wrong && !window.is_last) return found;
  const std::vector<std::int32_t> text = text_tokens(heard.tokens);
  WordTimes timed =
      find_word_times(model_, tokens_, tokenizer_, prompt(transcript.language, options.translate), text,
                      transcript.language, window.samples.size());
  found.words = words_behind(window, text, std::move(timed.words));
  return found;
}

void Transcriber::prepare() {
  for (const int frames : {600, 800, 1000, 1200, 1400, 1600, model_.frames()})
    model_.hear({}, std::min(frames, model_.frames()));
  // A text is given token by token, what is known of it at once; its times are found with its prompt.
  for (int count = 1; count <= longest_prepared && count <= model_.most_tokens(); count *= 2) {
    const std::vector<std::int32_t> tokens(static_cast<std::size_t>(count), tokens_.start);
    model_.next(tokens, 0);
    if (count >= shortest_aligned) model_.alignment(tokens, 1);
  }
}

}  // namespace lp
