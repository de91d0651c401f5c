#pragma once
#include <cstddef>
#include <string_view>

namespace lp::transcripts {

/// What has to be changed in one text for it to become another, in the fewest steps; of those ways the one
/// that leaves the most as it is.
struct Errors {
  std::size_t substitutions = 0, deletions = 0, insertions = 0;
  std::size_t reference = 0;  // words or characters that there should be

  std::size_t sum() const { return substitutions + deletions + insertions; }
  /// The error rate: may be above 1. `reference` must not be 0.
  double rate() const { return static_cast<double>(sum()) / static_cast<double>(reference); }
  Errors& operator+=(const Errors& other);
};

/// Words of both, which spaces divide. Time: words of the longer times errors. Memory: linear. Source:
/// Levenshtein 1966; Ukkonen 1985, "Algorithms for approximate string matching", for the band.
Errors word_errors(std::string_view reference, std::string_view found);

/// Whether one space stands between words, none at the ends, or none at all.
enum class Spaces { counted, left_out };

/// Characters (code points) of both, well-formed UTF-8.
Errors character_errors(std::string_view reference, std::string_view found, Spaces spaces);

}  // namespace lp::transcripts
