#pragma once
#include <string>
#include <string_view>

namespace lp::speech {

/// Says how words are pronounced.
class Phonemizer {
 public:
  virtual ~Phonemizer() = default;
  Phonemizer() = default;
  Phonemizer(const Phonemizer&) = delete;
  Phonemizer& operator=(const Phonemizer&) = delete;

  /// A clause in the International Phonetic Alphabet, words apart by blanks, without punctuation. `clause`:
  /// UTF-8.
  virtual std::string phonemes(std::string_view clause) = 0;
};

}  // namespace lp::speech
