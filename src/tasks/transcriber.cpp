#include "tasks/transcriber.hpp"

#include "base/error.hpp"
#include "tasks/log_sum.hpp"
#include "tasks/text_encoder.hpp"
#include "tasks/timestamp_rules.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace lp {
namespace {

constexpr double time_step = 0.02;  // seconds between two tokens of time
// Six steps of 16 bits: nobody speaks as quietly, but Whisper hears words in silence.
constexpr float least_loudness = 2e-4F;
// Above the first and below the second, a window holds no speech (whisper/transcribe.py).
constexpr double least_no_speech = 0.6, least_logprob = -1.0;

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(' ');
  return first == std::string::npos ? std::string() : text.substr(first);
}

}  // namespace

/// What one window was heard as.
struct Transcriber::Said {
  std::vector<std::int32_t> tokens;  // without the end
  double average_logprob = 0, no_speech_probability = 0;
};

Transcriber::Transcriber(LoadedModel loaded)
    : model_([&] {
        if (loaded.model->info.task != "transcribe")
          fail(Fault::usage, "{}: a model for `{}`, not for `transcribe`", loaded.model->name,
               loaded.model->info.task);
        return WhisperModel(std::move(loaded));
      }()),
      tokenizer_(tokenizer_of(model_.model())),
      tokens_(whisper_tokens(model_.model(), tokenizer_)) {}

std::string Transcriber::language_of() {
  if (tokens_.languages.empty()) return "en";
  const std::span<const float> scores = model_.next(std::span(&tokens_.start, 1), 0);
  const auto score = [&](const auto& language) { return scores[static_cast<std::size_t>(language.second)]; };
  return std::ranges::max_element(tokens_.languages, {}, score)->first;
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

/// The likeliest tokens for what was heard, after the text `before` and the prompt.
Transcriber::Said Transcriber::say(const std::vector<std::int32_t>& before,
                                   const std::vector<std::int32_t>& prompt) {
  Said said;
  std::vector<std::int32_t> given;
  const auto most = static_cast<std::size_t>(model_.most_tokens() / 2);
  if (!before.empty()) {
    given.push_back(tokens_.before);
    given.insert(given.end(), before.end() - static_cast<std::ptrdiff_t>(std::min(before.size(), most - 1)),
                 before.end());
  }
  given.push_back(prompt.front());
  std::span<const float> scores = model_.next(given, 0);
  said.no_speech_probability =
      std::exp(static_cast<double>(scores[static_cast<std::size_t>(tokens_.no_speech)]) - log_sum(scores));
  int count = static_cast<int>(given.size());
  if (prompt.size() > 1) {
    scores = model_.next(std::span(prompt).subspan(1), count);
    count += static_cast<int>(prompt.size()) - 1;
  }
  if (!std::isfinite(scores.front()))
    fail(Fault::bad_model, "{}: its scores are no numbers", model_.model().name);
  double sum = 0;
  std::vector<float> allowed;
  while (true) {
    allowed.assign(scores.begin(), scores.end());
    apply_timestamp_rules(tokens_, said.tokens, allowed);
    const auto best = static_cast<std::int32_t>(std::ranges::max_element(allowed) - allowed.begin());
    sum += static_cast<double>(allowed[static_cast<std::size_t>(best)]) - log_sum(allowed);
    if (best == tokens_.end) break;
    said.tokens.push_back(best);
    if (said.tokens.size() >= most || count >= model_.most_tokens()) break;
    scores = model_.next(std::span(&best, 1), count++);
  }
  said.average_logprob = sum / static_cast<double>(said.tokens.size() + 1);
  return said;
}

/// Cuts what was said at its times. Returns how many seconds of the window are done.
double Transcriber::add_segments(const Said& said, double offset, double window, Transcript& to) const {
  const std::vector<std::int32_t>& tokens = said.tokens;
  const auto time = [&](std::int32_t token) { return time_step * (token - tokens_.first_time); };
  const auto add = [&](std::span<const std::int32_t> part, double start, double end) {
    std::vector<std::int32_t> text;
    std::ranges::copy_if(part, std::back_inserter(text),
                         [&](std::int32_t token) { return tokens_.is_text(token); });
    const std::string words = tokenizer_.decode(text, true);
    if (start >= end || trimmed(words).empty()) return;
    to.segments.push_back({offset + start,
                           offset + end,
                           words,
                           {part.begin(), part.end()},
                           said.average_logprob,
                           said.no_speech_probability});
    to.text += words;
  };
  std::vector<std::size_t> cuts;  // where one segment's end and the next one's start stand side by side
  for (std::size_t i = 1; i < tokens.size(); ++i)
    if (tokens_.is_time(tokens[i - 1]) && tokens_.is_time(tokens[i])) cuts.push_back(i);
  const bool ends_with_time =
      tokens.size() >= 2 && tokens_.is_time(tokens.back()) && !tokens_.is_time(tokens[tokens.size() - 2]);
  if (!cuts.empty()) {
    if (ends_with_time) cuts.push_back(tokens.size());
    std::size_t first = 0;
    for (const std::size_t cut : cuts) {
      const std::span part = std::span(tokens).subspan(first, cut - first);
      add(part, time(part.front()), time(part.back()));
      first = cut;
    }
    // What follows the last end was not finished: it is heard again.
    return ends_with_time ? window : std::min(time(tokens[cuts.back() - 1]), window);
  }
  double end = window;
  const auto last = std::ranges::find_if(tokens.rbegin(), tokens.rend(),
                                         [&](std::int32_t token) { return tokens_.is_time(token); });
  if (last != tokens.rend() && *last != tokens_.first_time) end = time(*last);
  add(tokens, 0, end);
  return window;
}

Transcript Transcriber::transcribe(const Source& source, const SpeechOptions& options,
                                   const std::function<void(double)>& progress) {
  const auto most = static_cast<std::size_t>(model_.frames()) * WhisperModel::hop;
  Transcript transcript;
  std::vector<float> samples;
  std::vector<std::int32_t> before;
  std::size_t done = 0;  // samples before those that are kept
  const auto seconds = [](std::size_t count) { return static_cast<double>(count) / WhisperModel::rate; };
  for (bool more = true;;) {
    while (more && samples.size() < most) more = source(samples);
    if (samples.empty()) break;
    const std::size_t count = std::min(samples.size(), most);
    const auto is_loud = [](float sample) { return std::abs(sample) > least_loudness; };
    if (std::none_of(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(count), is_loud)) {
      samples.erase(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(count));
      done += count;
      continue;
    }
    model_.hear(samples);
    if (transcript.language.empty())
      transcript.language = options.language.empty() ? language_of() : options.language;
    const Said said = say(before, prompt(transcript.language, options.translate));
    const bool silent = said.no_speech_probability > least_no_speech && said.average_logprob < least_logprob;
    const double window = seconds(count);
    const std::size_t known = transcript.segments.size();
    const double heard = silent ? window : add_segments(said, seconds(done), window, transcript);
    // Later windows are heard with the text before them in mind, but for what is heard again.
    for (std::size_t i = known; i < transcript.segments.size(); ++i)
      before.insert(before.end(), transcript.segments[i].tokens.begin(), transcript.segments[i].tokens.end());
    const auto steps = static_cast<std::size_t>(std::lround(heard / time_step));
    const std::size_t passed = std::min(std::max<std::size_t>(steps, 1) * 2 * WhisperModel::hop, count);
    samples.erase(samples.begin(),
                  samples.begin() + static_cast<std::ptrdiff_t>(heard >= window ? count : passed));
    done += heard >= window ? count : passed;
    if (progress) progress(seconds(done));
  }
  transcript.seconds = seconds(done);
  transcript.text = trimmed(transcript.text);
  return transcript;
}

}  // namespace lp
