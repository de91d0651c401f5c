#pragma once
#include "base/json.hpp"
#include "tasks/speech/clauses.hpp"
#include "tasks/speech/phoneme_ids.hpp"
#include "tasks/speech/phonemizer.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lp::speech {

/// What a voice says in one run of its network.
struct Utterance {
  std::string phonemes;           // with punctuation
  std::vector<std::int32_t> ids;  // what the voice knows them by
  bool ends_sentence = false;
};

/// How the text of a voice becomes what its network takes. Not thread-safe.
class Pronunciation {
 public:
  /// `config`: the voice's .json. espeak-ng pronounces; English, where the environment's
  /// LLAMA_PAJAMAS_DICTIONARY names a file, that dictionary. @throws Error{bad_model} if it lacks what is
  /// needed, Error{unsupported} for phonemes that nobody here makes, or without espeak-ng.
  explicit Pronunciation(const nlohmann::json& config);
  /// With a phonemizer of the caller's. `is_english`: numbers and the like become English words.
  Pronunciation(const nlohmann::json& config, std::unique_ptr<Phonemizer> phonemizer, bool is_english);

  /// The clauses of a text, which must outlive them.
  ClauseReader clauses(std::string_view text) const;
  /// A clause and what stands behind it, as phonemes.
  std::string phonemes(const Clause& clause);
  const PhonemeIds& ids() const { return ids_; }

 private:
  PhonemeIds ids_;
  std::unique_ptr<Phonemizer> phonemizer_;  // none: letters are the phonemes
  bool is_english_, is_arpabet_;
};

/// A text, utterance by utterance. Each is a sentence, as Piper has them; but a long first one is cut behind
/// its first clause, so that there is something to hear soon, and one that is too long for one run, behind
/// clauses.
class UtteranceReader {
 public:
  /// Both must outlive this.
  UtteranceReader(std::string_view text, Pronunciation& pronunciation);

  /// The next one that has something to say; nothing at the end.
  std::optional<Utterance> next();
  /// Phonemes so far that the voice does not have, which were left out.
  const std::set<std::string>& unknown() const { return unknown_; }

 private:
  struct Spoken {
    std::string phonemes;
    std::size_t length;  // in code points
    bool ends_sentence;
  };
  void read_sentence();
  std::size_t clauses_of_next() const;

  Pronunciation& pronunciation_;
  ClauseReader clauses_;
  std::deque<Spoken> waiting_;  // of one sentence
  bool is_first_ = true;
  std::set<std::string> unknown_;
};

}  // namespace lp::speech
