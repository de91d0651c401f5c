#pragma once
#include "tasks/transcripts/numbers.hpp"

#include <string>
#include <string_view>
#include <unordered_map>

namespace lp::transcripts {

/// Makes two texts of the same words alike before they are compared: case, punctuation and whatever stands in
/// brackets go; in English, fillers too, and contractions, numbers, titles and British spellings are written
/// in one way. Source: Radford et al. 2022, appendix C; openai/whisper, whisper/normalizers (v20250625):
/// equal to it, letter by letter. The texts may be any bytes; what is no UTF-8 counts as U+FFFD. Thread-safe.
class Normalizer {
 public:
  Normalizer();

  /// For texts in the language ("en"): english() for English, any() for all others.
  std::string normalized(std::string_view text, std::string_view language) const;

  /// Whisper's EnglishTextNormalizer.
  std::string english(std::string_view text) const;

 private:
  NumberWriter numbers_;
  std::unordered_map<std::u32string, std::u32string> american_;  // by British spelling
};

enum class Letters { together, apart };

/// Whisper's BasicTextNormalizer; with letters apart each is a word.
std::string normalized_in_any_language(std::string_view text, Letters letters);

/// Whether the language is written without spaces between words, so that words mean letters: Chinese,
/// Japanese, Thai, Lao, Burmese (Radford et al. 2022, section 2.4 and appendix C), and Cantonese, which later
/// Whispers know.
bool is_without_spaces(std::string_view language);

/// Whether a text has spaces between its words, one for thirty bytes at least: a language that
/// was only guessed may say otherwise.
bool has_spaces(std::string_view text);

}  // namespace lp::transcripts
