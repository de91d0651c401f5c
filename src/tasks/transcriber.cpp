#include "tasks/transcriber.hpp"

#include "base/error.hpp"
#include "tasks/compression.hpp"
#include "tasks/log_sum.hpp"
#include "tasks/loudness.hpp"
#include "tasks/text_encoder.hpp"
#include "tasks/transcriber_window.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace lp {
namespace {

// Six steps of 16 bits: nobody speaks as quietly, but Whisper hears words in silence.
constexpr float least_loudness = 2e-4F;
// What is left behind the last word, a breath, is heard as words that were said before.
constexpr std::size_t longest_silence = WhisperModel::rate;  // samples before speech
constexpr double longest_rest = 1.0, longest_word = 1.0;     // seconds
constexpr float breath_loudness = 0.1F;                      // of the loudest before
// Above the first and below the second, a window holds no speech; a text that is less likely than the second
// or packs better than the third went wrong (whisper/transcribe.py).
constexpr double least_no_speech = 0.6, least_logprob = -1.0, most_compression = 2.4;
// Music and noise are given "Thank you." and the like with -0.68 to -1.00, which the original takes. They
// sound like no speech with mostly 0.71 to 0.97, speech in noise as loud as itself with 0.34, a synthetic
// voice that is not understood with 0.65 (tiny.en and base on made sounds, 2026-11-27).
constexpr double sure_no_speech = 0.7, least_sure_logprob = -0.5;
// "[Music]" and other notes are never said, but the model knows where they would stand: before music and
// noise, whose words are heard with -0.95 at best, with 0.46 to 0.9, before speech in those with at most 0.21
// where it is understood. Where words begin behind 25 s of music, notes have 0.61, but the words -0.70 (the
// same).
constexpr double least_notes = 0.4, least_words_logprob = -0.8;
// Chance that is tried in turn (the same).
constexpr std::array<double, 5> warmer = {0.2, 0.4, 0.6, 0.8, 1.0};

// A window that ends with the sound is heard for as long as that is and some silence. With 2 s of it base
// says of 36 recordings and parts of them (0.8 to 13 s, 2026-11-26, BF16) what it says when they are padded
// to 30 s, but for a word in each of three; with 1 s or less it repeats itself in some. Lengths are few: each
// has a plan.
constexpr int silence_frames = 200, step_frames = 200;
constexpr double most_late = 0.5;       // seconds behind a window's end
constexpr std::size_t words_twice = 5;  // tokens in a row
// A window whose text has as many in a row of the text before it may be an echo of that: what a speaker says
// twice is heard without it, too.
constexpr std::size_t least_echo = 10;
// A text may say that nothing follows it where something can be heard: that is heard by itself.
constexpr double least_unheard = 2.0, least_done = 1.0;  // seconds
// Windows in a row of which a part is heard again: there are sounds in which every hearing finds other words.
constexpr int most_rehearings = 3;

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(' ');
  return first == std::string::npos ? std::string() : text.substr(first);
}

int frames_of(std::size_t samples) {
  return static_cast<int>((samples + WhisperModel::hop - 1) / WhisperModel::hop);
}

std::size_t samples_of(double seconds) {
  return static_cast<std::size_t>(std::lround(seconds * WhisperModel::rate));
}

}  // namespace

Transcriber::Transcriber(LoadedModel loaded)
    : model_([&] {
        if (loaded.model->info.task != "transcribe")
          fail(Fault::usage, "{}: a model for `{}`, not for `transcribe`", loaded.model->name,
               loaded.model->info.task);
        return WhisperModel(std::move(loaded));
      }()),
      tokenizer_(tokenizer_of(model_.model())),
      tokens_(whisper_tokens(model_.model(), tokenizer_)) {}

Transcriber Transcriber::another(std::shared_ptr<Lane> lane) const {
  LoadedModel loaded = model_.loaded();
  loaded.lane = std::move(lane);
  return Transcriber(WhisperModel(std::move(loaded)), tokenizer_, tokens_);
}

/// The language of what the model heard last.
void Transcriber::find_language(Transcript& transcript) {
  transcript.language = "en";
  if (tokens_.languages.empty()) return;
  const std::span<const float> scores = model_.next(std::span(&tokens_.start, 1), 0);
  std::vector<float> known;
  float best = -std::numeric_limits<float>::infinity();
  for (const auto& [language, token] : tokens_.languages) {
    known.push_back(scores[static_cast<std::size_t>(token)]);
    if (known.back() <= best) continue;
    best = known.back();
    transcript.language = language;
  }
  transcript.language_probability = std::exp(static_cast<double>(best) - log_sum(known));
}

std::vector<std::int32_t> Transcriber::prompt(const std::string& language, bool translate) const {
  if (tokens_.languages.empty()) {
    if (language != "en")
      fail(Fault::usage, "{}: it knows English alone, not `{}`", model_.model().name, language);
    if (translate)
      fail(Fault::usage, "{}: it knows English alone and translates nothing", model_.model().name);
    return {tokens_.start};
  }
  const auto found = tokens_.languages.find(language);
  if (found == tokens_.languages.end())
    fail(Fault::usage, "{}: no language `{}`; a code of two letters is wanted, such as en, de, fr, zh",
         model_.model().name, language);
  return {tokens_.start, found->second, translate ? tokens_.translate : tokens_.transcribe};
}

void Transcriber::check(const SpeechOptions& options) const {
  const std::string any = tokens_.languages.empty() ? "en" : tokens_.languages.begin()->first;
  prompt(options.language.empty() ? any : options.language, options.translate);
}

std::vector<std::int32_t> Transcriber::text_tokens(std::span<const std::int32_t> tokens) const {
  std::vector<std::int32_t> text;
  std::ranges::copy_if(tokens, std::back_inserter(text),
                       [&](std::int32_t token) { return tokens_.is_text(token); });
  return text;
}

std::string Transcriber::text_of(std::span<const std::int32_t> tokens) const {
  return tokenizer_.decode(text_tokens(tokens), true);
}

/// Whether what the model heard last holds no speech: it sounds like none, and its text is unlikely. One that
/// is not sure, or the same over and over, is none where the sound says so without the words before it, too:
/// behind some of those, the model expects no speech. One that is none too likely is none where a note on the
/// sound would be.
bool Transcriber::has_no_speech(const Heard& heard) {
  if (heard.no_speech_probability > least_no_speech) {
    if (heard.average_logprob < least_logprob) return true;
    if (heard.average_logprob < least_sure_logprob || is_repeated(heard))
      if (probability_behind(std::span(&tokens_.start, 1), std::span(&tokens_.no_speech, 1)) > sure_no_speech)
        return true;
  }
  if (heard.average_logprob >= least_words_logprob) return false;
  std::vector<std::int32_t> given = prompt("en", false);  // notes in other languages are rare
  given.push_back(tokens_.first_time);
  return probability_behind(given, tokens_.notes) > least_notes;
}

/// That one of these tokens follows on those given, of all that the model knows.
double Transcriber::probability_behind(std::span<const std::int32_t> given,
                                       std::span<const std::int32_t> tokens) {
  const std::span<const float> scores = model_.next(given, 0);
  const double all = log_sum(scores);
  double sum = 0;
  for (const std::int32_t token : tokens)
    sum += std::exp(static_cast<double>(scores[static_cast<std::size_t>(token)]) - all);
  return sum;
}

bool Transcriber::went_wrong(const Heard& heard) {
  if (has_no_speech(heard)) return false;
  return heard.average_logprob < least_logprob || is_repeated(heard);
}

bool Transcriber::is_repeated(const Heard& heard) const {
  return compression_ratio(trimmed(text_of(heard.tokens))) > most_compression;
}

/// Whether what was said of a window shorter than the model was trained on may be an artefact of that: times
/// behind its end, or words that come twice. It is cheap to be wrong here: the window is heard again.
bool Transcriber::is_doubtful(const Window& window, const Heard& heard) const {
  const double seconds = seconds_of(window.samples.size());
  return says_twice(window, heard) || std::ranges::any_of(heard.tokens, [&](std::int32_t token) {
           return tokens_.is_time(token) && time_step * (token - tokens_.first_time) > seconds + most_late;
         });
}

bool Transcriber::says_twice(const Window& window, const Heard& heard) const {
  const std::vector<std::int32_t> text = text_tokens(heard.tokens);
  return repeats_itself(text, words_twice) || shares_run(text, window.before, words_twice);
}

int Transcriber::frames_for(const Window& window, const SpeechOptions& options) const {
  const int wanted =
      (frames_of(window.samples.size()) + silence_frames + step_frames - 1) / step_frames * step_frames;
  return options.padded ? model_.frames() : std::min(wanted, model_.frames());
}

/// The text of what the model heard last.
Heard Transcriber::search(const Window& window, const SpeechOptions& options, double temperature) {
  if (window.transcript.language.empty()) find_language(window.transcript);
  const SearchOptions how{.beams = options.beams, .temperature = temperature, .most = window.most};
  return search_text(model_, tokens_, window.before, prompt(window.transcript.language, options.translate),
                     window.begins, how);
}

Heard Transcriber::hear(const Window& window, const SpeechOptions& options, double& temperature) {
  const int whole = model_.frames();
  const int frames = frames_for(window, options);
  temperature = options.temperature.value_or(0);
  model_.hear(window.samples, frames);
  Heard heard = search(window, options, temperature);
  if (frames < whole && (went_wrong(heard) || is_doubtful(window, heard))) {
    model_.hear(window.samples, whole);
    heard = search(window, options, temperature);
  }
  if (options.temperature) return heard;
  // The words before it may lead astray.
  if (const std::vector<std::int32_t> none; !options.padded && !window.before.empty() && went_wrong(heard))
    heard = search({window.samples, window.transcript, none, window.begins, window.known_end, window.most},
                   options, 0);
  for (const double next : warmer) {
    if (!went_wrong(heard)) break;
    temperature = next;
    heard = search(window, options, next);
  }
  return heard;
}

/// Whether a text ends with the end of its last segment and no start of another: nothing follows in its
/// window.
bool Transcriber::is_finished(std::span<const std::int32_t> tokens) const {
  return tokens.size() >= 2 && tokens_.is_time(tokens.back()) && !tokens_.is_time(tokens[tokens.size() - 2]);
}

/// Cuts what was said at its times. Returns how many seconds of the window are done.
double Transcriber::add_segments(const Heard& heard, double offset, double seconds, Transcript& to) const {
  const std::vector<std::int32_t>& tokens = heard.tokens;
  const auto time = [&](std::int32_t token) { return time_step * (token - tokens_.first_time); };
  const auto add = [&](std::span<const std::int32_t> part, double start, double end) {
    const std::string words = text_of(part);
    if (start >= end || trimmed(words).empty()) return;
    // The silence behind a sound has times, too.
    to.segments.push_back({offset + std::min(start, seconds),
                           offset + std::min(end, seconds),
                           words,
                           {part.begin(), part.end()},
                           heard.average_logprob,
                           heard.no_speech_probability});
  };
  std::vector<std::size_t> cuts;  // where one segment's end and the next one's start stand side by side
  for (std::size_t i = 1; i < tokens.size(); ++i)
    if (tokens_.is_time(tokens[i - 1]) && tokens_.is_time(tokens[i])) cuts.push_back(i);
  if (!cuts.empty()) {
    const bool finished = is_finished(tokens);
    if (finished) cuts.push_back(tokens.size());
    std::size_t first = 0;
    for (const std::size_t cut : cuts) {
      const std::span part = std::span(tokens).subspan(first, cut - first);
      add(part, time(part.front()), time(part.back()));
      first = cut;
    }
    // What follows the last end was not finished: it is heard again.
    return finished ? seconds : std::min(time(tokens[cuts.back() - 1]), seconds);
  }
  double end = seconds;
  const auto last = std::ranges::find_if(tokens.rbegin(), tokens.rend(),
                                         [&](std::int32_t token) { return tokens_.is_time(token); });
  if (last != tokens.rend() && *last != tokens_.first_time) end = time(*last);
  add(tokens, 0, end);
  return seconds;
}

/// When the words of the segments from number `first` on were said, which are all of one window. Segments
/// that turn out to have lasted no time at all are made up, and taken out, as in the original.
Transcriber::AddedWords Transcriber::add_words(const Window& window, bool translate, double offset,
                                               std::size_t first) {
  Transcript& to = window.transcript;
  std::vector<std::int32_t> text;
  for (std::size_t i = first; i < to.segments.size(); ++i)
    std::ranges::copy_if(to.segments[i].tokens, std::back_inserter(text),
                         [&](std::int32_t token) { return tokens_.is_text(token); });
  auto [words, usual] =
      find_word_times(model_, tokens_, tokenizer_, prompt(window.transcript.language, translate), text,
                      window.transcript.language, window.samples.size());
  for (TimedWord& word : words) word.start += offset, word.end += offset;
  AddedWords added{.usual = usual};
  auto word = words.begin();
  for (std::size_t i = first; i < to.segments.size(); ++i) {
    SpeechSegment& segment = to.segments[i];
    const auto from = word;
    const auto wanted = static_cast<std::size_t>(
        std::ranges::count_if(segment.tokens, [&](std::int32_t token) { return tokens_.is_text(token); }));
    for (std::size_t tokens = 0; word != words.end() && tokens < wanted; ++word) tokens += word->tokens;
    fit_words({from, word}, usual, i > 0 ? to.segments[i - 1].end : 0, segment.start, segment.end);
    if (segment.start >= segment.end) continue;
    for (auto said = from; said != word; ++said) to.words.push_back({said->word, said->start, said->end});
    added.of_last_segment = static_cast<std::size_t>(word - from);
  }
  to.segments.erase(
      std::remove_if(to.segments.begin() + static_cast<std::ptrdiff_t>(first), to.segments.end(),
                     [](const SpeechSegment& segment) { return segment.start >= segment.end; }),
      to.segments.end());
  if (words.empty()) return added;
  added.last_start = words.back().start - offset;
  added.last_end = words.back().end - offset;
  return added;
}

/// Speech of a window that its segments, from number `first` on, have left out.
std::optional<MissedSpeech> Transcriber::missed_speech(const Window& window, double offset, std::size_t first,
                                                       float audible) {
  std::vector<SpokenSegment> segments;
  for (std::size_t i = first; i < window.transcript.segments.size(); ++i) {
    const SpeechSegment& segment = window.transcript.segments[i];
    segments.push_back({segment.start - offset, segment.end - offset, text_tokens(segment.tokens)});
  }
  return find_missed_speech(segments, window.samples, audible, [&](std::span<const std::int32_t> text) {
    return find_word_times(model_, tokens_, tokenizer_, prompt(window.transcript.language, false), text,
                           window.transcript.language, window.samples.size())
        .words;
  });
}

/// Whether a window copies the text that it was told, behind the user's own.
bool Transcriber::copies(const Heard& heard, std::span<const std::int32_t> before) const {
  const auto told = static_cast<std::size_t>(model_.most_tokens() / 2 - 1);
  return shares_run(text_tokens(heard.tokens), text_tokens(before.last(std::min(told, before.size()))),
                    least_echo);
}

/// Goes on where the text of a window left something out. Returns how many seconds of it are done, which were
/// `end`.
double Transcriber::take_back(const Window& window, double offset, std::size_t first, double end,
                              float audible, Rehearing& again) {
  std::vector<SpeechSegment>& segments = window.transcript.segments;
  if (segments.size() == first) return end;
  const double whole = seconds_of(window.samples.size());
  if (const auto missed = missed_speech(window, offset, first, audible)) {
    segments.resize(first + missed->segments);
    if (missed->segments > 0) segments.back().end = offset + missed->last_end;
    again.most = missed->end ? samples_of(*missed->end - missed->start) : most_samples();
    ++again.count;
    return missed->start;
  }
  const double said = std::clamp(segments.back().end - offset, 0.0, whole);
  const bool is_heard = end < whole || said < least_done || whole - said <= least_unheard ||
                        loudness(part_of(window.samples, said, whole)) <= audible;
  if (is_heard) return end;
  ++again.count;
  return said;
}

/// Finds out when the words were said, where that is wanted or the window cut the text off. Returns how many
/// seconds of the window are done, which were `end`: where the last word ends is surer than the time that was
/// said.
double Transcriber::end_by_words(const Window& window, const SpeechOptions& options, double offset,
                                 std::size_t first, double end, bool is_cut, float audible) {
  Transcript& to = window.transcript;
  const bool as_original = options.padded || options.translate;
  const bool needs_words = options.words || (is_cut && !as_original);
  if (to.segments.size() == first || !needs_words) return end;
  AddedWords added = add_words(window, options.translate, offset, first);
  // A last word takes all that is left of the window, also what is not in the text.
  if (!as_original && added.last_end - added.last_start > longest_word)
    added.last_end = added.last_start + added.usual;
  // With less done, windows would hardly get on.
  if (is_cut && added.last_end > (as_original ? 0.0 : least_done))
    end = std::min(added.last_end, seconds_of(window.samples.size()));
  if (is_cut && !as_original && give_up_unsure(window, offset, first, added.of_last_segment, audible))
    end = to.segments.back().end - offset;
  if (!options.words) to.words.clear();
  return end;
}

/// Gives up the last segment of a window, whose words are the last ones, where one of them hides speech, but
/// for the first segment. Returns whether it did.
bool Transcriber::give_up_unsure(const Window& window, double offset, std::size_t first, std::size_t words,
                                 float audible) const {
  Transcript& to = window.transcript;
  if (to.segments.size() < first + 2 || to.segments[to.segments.size() - 2].end - offset < least_done)
    return false;
  const auto from = to.words.end() - static_cast<std::ptrdiff_t>(words);
  const auto is_unsure = [&](const SpokenWord& word) {
    return hides_speech(word.start - offset, word.end - offset, window.samples, audible);
  };
  if (std::none_of(from, to.words.end(), is_unsure)) return false;
  to.words.erase(from, to.words.end());
  to.segments.pop_back();
  return true;
}

/// Lets no word and no segment from number `first` on end behind `end`.
void Transcriber::end_at(double end, std::size_t first, Transcript& to) const {
  for (std::size_t i = first; i < to.segments.size(); ++i)
    to.segments[i].end = std::min(to.segments[i].end, end);
  for (auto word = to.words.rbegin(); word != to.words.rend() && word->end > end; ++word) {
    word->end = end;
    word->start = std::min(word->start, end);
  }
}

std::vector<std::int32_t> Transcriber::hint(const std::string& text) const {
  if (text.empty()) return {};
  std::vector<std::int32_t> tokens = tokenizer_.encode_plain(fmt::format(" {}", trimmed(text)));
  std::erase_if(tokens, [&](std::int32_t token) { return !tokens_.is_text(token); });
  return tokens;
}

std::size_t Transcriber::most_samples() const {
  return static_cast<std::size_t>(model_.frames()) * WhisperModel::hop;
}

Transcript Transcriber::transcribe(const Source& source, const SpeechOptions& options,
                                   const std::function<void(double)>& progress) {
  const std::size_t most = most_samples();
  Transcript transcript{.language = options.language};
  std::vector<float> samples;
  std::vector<std::int32_t> before = hint(options.prompt);
  std::string unspoken_language;
  float loudest = 0;
  std::size_t hinted = before.size();  // tokens of the user's
  std::size_t done = 0;                // samples before those that are kept
  Rehearing again{most};
  for (bool more = true;;) {
    while (more && samples.size() < most) more = source(samples);
    if (samples.empty()) break;
    const std::span<const float> window = std::span(samples).first(std::min(samples.size(), again.most));
    const bool is_part = std::exchange(again.most, most) < most;  // of what was missed
    std::size_t passed = window.size();
    const float loud = loudness(window);
    const bool is_rest =
        done > 0 && seconds_of(window.size()) < longest_rest && loud < breath_loudness * loudest;
    loudest = std::max(loudest / 2, loud);  // a bang does not make all that follows quiet
    const float audible = breath_loudness * loudest;
    // A window that begins with much silence may be taken for silent: what follows that is the next window.
    const std::size_t silent = options.padded ? 0 : silent_beginning(window, least_loudness);
    if (silent > longest_silence && silent < window.size()) {
      passed = silent - longest_silence / 2;
    } else if (loud > least_loudness && !is_rest) {
      double temperature = 0;
      Heard heard = hear({window, transcript, before}, options, temperature);
      if (!options.padded && copies(heard, std::span(before).subspan(hinted))) {
        before.clear();
        hinted = 0;
        heard = hear({window, transcript, before}, options, temperature);
      }
      const std::size_t known = transcript.segments.size();
      const bool speaks = !has_no_speech(heard) && has_letters(text_of(heard.tokens)) &&  // noise: ". . ."
                          (!is_part || heard.average_logprob >= least_logprob);
      // What music sounds like is no language: that of the first words counts.
      if (!speaks && !options.padded && options.language.empty() && transcript.segments.empty())
        unspoken_language = std::exchange(transcript.language, {});
      const double whole = seconds_of(window.size());
      double end = speaks ? add_segments(heard, seconds_of(done), whole, transcript) : whole;
      const int count = again.count;
      if (!options.padded && !options.translate && count < most_rehearings)
        end = take_back({window, transcript, before}, seconds_of(done), known, end, audible, again);
      const bool is_taken_back = again.count > count;
      if (!is_taken_back) again.count = 0;
      // A short rest of the sound, heard for as short as it is, would be taken for words that were said
      // before.
      const bool is_last = !more && window.size() == samples.size();
      const bool is_done = is_taken_back || is_finished(heard.tokens) ||
                           (!options.padded && is_last && whole - end < longest_rest);
      end = end_by_words({window, transcript, before}, options, seconds_of(done), known, end, !is_done,
                         audible);
      if (end < whole && !options.padded) end_at(seconds_of(done) + end, known, transcript);
      // Later windows are heard with the text before them in mind, but for what is heard again.
      for (std::size_t i = known; i < transcript.segments.size(); ++i)
        before.insert(before.end(), transcript.segments[i].tokens.begin(),
                      transcript.segments[i].tokens.end());
      if (temperature > most_trusted_temperature || is_taken_back) before.clear(), hinted = 0;
      const auto frames =
          static_cast<std::size_t>(std::max(std::lround(end * WhisperModel::rate / WhisperModel::hop), 1L));
      if (end < whole) passed = std::min(frames * WhisperModel::hop, passed);
    }
    samples.erase(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(passed));
    done += passed;
    if (progress) progress(seconds_of(done));
  }
  if (transcript.language.empty()) transcript.language = unspoken_language;
  transcript.seconds = seconds_of(done);
  for (const SpeechSegment& segment : transcript.segments) transcript.text += segment.text;
  transcript.text = trimmed(transcript.text);
  return transcript;
}

}  // namespace lp
