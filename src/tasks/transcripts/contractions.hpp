#pragma once
#include <string>
#include <string_view>

namespace lp::transcripts {

/// "I won't" becomes "i will not", "mr" "mister", "she's gone" "she has gone". `text`: in lower case. Source:
/// openai/whisper, EnglishTextNormalizer (v20250625).
std::u32string without_contractions(std::u32string_view text);

/// Without "hmm", "mm", "mhm", "mmm", "uh" and "um". Source: the same.
std::u32string without_fillers(std::u32string_view text);

}  // namespace lp::transcripts
