#pragma once
#include "tasks/transcripts/number_words.hpp"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lp::transcripts {

/// Writes the numbers of English words in digits: "twenty twenty four" is 2024, "one oh one" 101, "two and a
/// half million" 2500000, "five dollars" $5, "the first" "the 1st". Words that are no numbers stay. Source:
/// openai/whisper, EnglishNumberNormalizer (v20250625). Thread-safe.
class NumberWriter {
 public:
  /// `text`: in lower case, of symbols . % $ ¢ € £ alone.
  std::u32string write(std::u32string_view text) const;

 private:
  class Sentence;

  std::unordered_map<std::u32string, NumberWord> words_ = number_words();
};

}  // namespace lp::transcripts
