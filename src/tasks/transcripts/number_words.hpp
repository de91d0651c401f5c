#pragma once
#include <string>
#include <unordered_map>

namespace lp::transcripts {

/// What a word says where English spells out a number.
enum class NumberKind {
  zero,         // "oh"
  one,          // "one" to "nineteen"
  ten,          // "twenty"
  multiplier,   // "thousand"
  sign,         // "minus"
  currency,     // "dollars"
  percent,      // "percent"
  per,          // "per", before "cent"
  conjunction,  // "and"
  repetition,   // "double"
  point,        // "point"
};

struct NumberWord {
  NumberKind kind = NumberKind::zero;
  std::u32string digits;  // of a number
  std::u32string suffix;  // "th" of "fourth", "s" of "fours": it ends the number
  std::u32string symbol;  // of a sign or currency
  std::size_t times = 0;  // of a multiplier: zeros behind the 1; of a repetition: how often

  bool is_digit() const { return (kind == NumberKind::zero || kind == NumberKind::one) && suffix.empty(); }
  bool is(NumberKind wanted) const { return kind == wanted && suffix.empty(); }
};

/// Every word that stands for a number or goes with one. Source: openai/whisper,
/// whisper/normalizers/english.py (v20250625), with its spellings ("nineth").
std::unordered_map<std::u32string, NumberWord> number_words();

}  // namespace lp::transcripts
