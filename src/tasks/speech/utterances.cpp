#include "tasks/speech/utterances.hpp"

#include "base/environment.hpp"
#include "base/error.hpp"
#include "tasks/speech/dictionary.hpp"
#include "tasks/speech/english.hpp"
#include "tasks/speech/espeak.hpp"
#include "tasks/tokenizer/utf8.hpp"

#include <algorithm>
#include <utility>

namespace lp::speech {
namespace {

using nlohmann::json;

/// Phonemes. A network's time and memory grow with the square of an utterance's length in its attention.
constexpr std::size_t most_at_once = 400;
/// A first sentence longer than this, some four seconds, is not waited for; a beginning shorter than that
/// sounds cut off.
constexpr std::size_t long_first_sentence = 60, least_beginning = 12;

/// How many of the phonemes one run can take: all, or up to a blank, or as many as there may be.
std::size_t end_of_run(std::u32string_view phonemes) {
  if (phonemes.size() <= most_at_once) return phonemes.size();
  const std::size_t blank = phonemes.substr(0, most_at_once).rfind(U' ');
  return blank == std::u32string_view::npos ? most_at_once : blank + 1;
}

json part_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || !found->is_object() ? json::object() : *found;
}

std::string phoneme_type(const json& config) {
  const std::string type = text_of(config, "phoneme_type");
  return type.empty() ? "espeak" : type;
}

bool is_english(const json& config) {
  const std::string voice = text_of(part_of(config, "espeak"), "voice"),
                    family = text_of(part_of(config, "language"), "family");
  if (phoneme_type(config) == "arpabet") return true;
  return family.empty() ? voice == "en" || voice.starts_with("en-") : family == "en";
}

std::unique_ptr<Phonemizer> phonemizer_for(const json& config) {
  const std::string type = phoneme_type(config), voice = text_of(part_of(config, "espeak"), "voice");
  if (type == "text") return nullptr;
  const std::string dictionary = environment("LLAMA_PAJAMAS_DICTIONARY");
  if (type == "arpabet") {
    if (dictionary.empty())
      fail(Fault::unsupported,
           "the voice wants phonemes of CMU's pronouncing dictionary; LLAMA_PAJAMAS_DICTIONARY names its "
           "file");
    return open_dictionary(dictionary, Alphabet::arpabet);
  }
  if (type != "espeak")
    fail(Fault::unsupported, "the voice wants phonemes of the kind `{}`; espeak, arpabet and text are there",
         type);
  if (voice.empty()) fail(Fault::bad_model, "the voice's config names no voice of espeak-ng");
  return dictionary.empty() || !is_english(config) ? open_espeak(voice) : open_dictionary(dictionary);
}

}  // namespace

Pronunciation::Pronunciation(const json& config)
    : Pronunciation(config, phonemizer_for(config), is_english(config)) {}

Pronunciation::Pronunciation(const json& config, std::unique_ptr<Phonemizer> phonemizer, bool is_english)
    : ids_(config),
      phonemizer_(std::move(phonemizer)),
      is_english_(is_english),
      is_arpabet_(phoneme_type(config) == "arpabet") {}

ClauseReader Pronunciation::clauses(std::string_view text) const {
  return ClauseReader(text, is_english_ ? spoken_english : ClauseReader::Spoken{});
}

std::string Pronunciation::phonemes(const Clause& clause) {
  if (phonemizer_ == nullptr) return clause.text + (clause.ends_sentence ? "" : " ");
  const std::string spoken = phonemizer_->phonemes(clause.text);
  if (spoken.empty()) return "";
  if (!is_arpabet_) return spoken + std::string(clause.after);
  // Marks are phonemes of their own; a comma stands for those that such a voice does not know.
  const std::string_view mark = clause.after.substr(0, 1);
  return spoken + (mark == ":" || mark == ";"    ? " , "
                   : mark.empty() || mark == " " ? " "
                                                 : fmt::format(" {} ", mark));
}

UtteranceReader::UtteranceReader(std::string_view text, Pronunciation& pronunciation)
    : pronunciation_(pronunciation), clauses_(pronunciation.clauses(text)) {}

/// A sentence at most, or as much of it as fits one run.
void UtteranceReader::read_sentence() {
  std::size_t length = 0;
  for (const Spoken& spoken : waiting_) length += spoken.length;
  while (length <= most_at_once && (waiting_.empty() || !waiting_.back().ends_sentence)) {
    const std::optional<Clause> clause = clauses_.next();
    if (!clause) return;
    const std::u32string phonemes =
        tokenizing::code_points(tokenizing::valid_utf8(pronunciation_.phonemes(*clause)));
    for (std::u32string_view rest = phonemes; !rest.empty();) {
      const std::u32string_view part = rest.substr(0, end_of_run(rest));
      rest.remove_prefix(part.size());
      waiting_.push_back({tokenizing::utf8(part), part.size(), false});
      length += part.size();
    }
    // One that has nothing to say may be a sentence's last all the same.
    if (!waiting_.empty() && clause->ends_sentence) waiting_.back().ends_sentence = true;
  }
}

/// How many of the clauses that wait make the next utterance.
std::size_t UtteranceReader::clauses_of_next() const {
  std::size_t length = 0;
  for (const Spoken& spoken : waiting_) length += spoken.length;
  const bool cuts_beginning = is_first_ && length > long_first_sentence;
  std::size_t count = 0;
  for (std::size_t so_far = 0; count < waiting_.size(); ++count) {
    if (count > 0 && so_far + waiting_[count].length > most_at_once) break;
    if (cuts_beginning && so_far >= least_beginning) break;
    so_far += waiting_[count].length;
  }
  return count;
}

std::optional<Utterance> UtteranceReader::next() {
  read_sentence();
  if (waiting_.empty()) return std::nullopt;
  Utterance utterance;
  for (std::size_t left = clauses_of_next(); left > 0; --left) {
    utterance.phonemes += waiting_.front().phonemes;
    utterance.ends_sentence = waiting_.front().ends_sentence;
    waiting_.pop_front();
  }
  is_first_ = false;
  // The blank between the clauses; voices know none before their end.
  if (!waiting_.empty() && utterance.phonemes.ends_with(' ')) utterance.phonemes.pop_back();
  utterance.ids = pronunciation_.ids().ids(utterance.phonemes, unknown_);
  return utterance;
}

}  // namespace lp::speech
