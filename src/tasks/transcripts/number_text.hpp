#pragma once
#include "tasks/transcripts/number_words.hpp"

#include <string>
#include <string_view>
#include <unordered_map>

namespace lp::transcripts {

// What is done to a text around the writing of its numbers. Source: openai/whisper, EnglishNumberNormalizer,
// `preprocess` and `postprocess` (v20250625).

/// "two and a half" becomes "two point five"; digits stand apart from letters, but for "1st" and "1960s".
std::u32string before_numbers(std::u32string_view text,
                              const std::unordered_map<std::u32string, NumberWord>& words);

/// "$2 and ¢7" becomes "$2.07", "$0.50" "¢50", and a 1 by itself "one".
std::u32string after_numbers(std::u32string_view text);

}  // namespace lp::transcripts
