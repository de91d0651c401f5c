#include "cli/speech_score.hpp"

#include "base/error.hpp"
#include "cli/stop.hpp"

namespace lp::cli {
namespace {

using nlohmann::json;

json counts_of(const transcripts::Errors& errors) {
  return {{"reference", errors.reference},
          {"substitutions", errors.substitutions},
          {"deletions", errors.deletions},
          {"insertions", errors.insertions}};
}

}  // namespace

SpeechScore& SpeechScore::operator+=(const SpeechScore& other) {
  words += other.words;
  characters += other.characters;
  sound_s += other.sound_s;
  ms += other.ms;
  return *this;
}

json rates_of(const SpeechScore& score) {
  return {{"wer", rounded(score.words.rate(), 6)}, {"cer", rounded(score.characters.rate(), 6)}};
}

json parts_of(const SpeechScore& score) {
  return {{"words", counts_of(score.words)},
          {"characters", counts_of(score.characters)},
          {"rtf", rounded(score.rtf(), 4)}};
}

Listener::Listener(const LoadedModel& model, const SpeechOptions& options)
    : head_(answer_head(model)), transcriber_(model), options_(options) {
  transcriber_.check(options);
}

SpeechScore Listener::hear(const std::string& path, const std::string& text, Progress& progress) {
  heard_ = cli::hear(transcriber_, path, options_, progress);
  check_stop();
  if (heard_.error) throw Error(*heard_.error);
  std::string language = options_.translate ? "en" : heard_.transcript.language;
  // What was said decides, and not what it was taken for.
  if (options_.language.empty() && transcripts::is_without_spaces(language) && transcripts::has_spaces(text))
    language.clear();
  const std::string wanted = normalizer_.normalized(text, language),
                    found = normalizer_.normalized(heard_.transcript.text, language);
  const auto spaces =
      transcripts::is_without_spaces(language) ? transcripts::Spaces::left_out : transcripts::Spaces::counted;
  const SpeechScore score{.words = transcripts::word_errors(wanted, found),
                          .characters = transcripts::character_errors(wanted, found, spaces),
                          .sound_s = heard_.transcript.seconds,
                          .ms = heard_.times.at("total")};
  if (score.words.reference == 0)
    fail(Fault::bad_input, "{}: its text `{}` has no words that count", path, text);
  return score;
}

}  // namespace lp::cli
