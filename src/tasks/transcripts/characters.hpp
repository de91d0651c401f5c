#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace lp::transcripts {

// What Python calls its characters (3.11, objects/unicodectype.c and unicodeobject.c; the module `re`):
// Whisper's rules are written in its terms. The Unicode version is utf8proc's, which changes nothing for
// older characters.

/// `\s`.
bool is_space(char32_t c);

/// `\d`: general category Nd.
bool is_digit(char32_t c);

/// 0 to 9. `c` must be a digit.
int digit_value(char32_t c);

/// `\w`: general categories L and N, and the underscore.
bool is_word(char32_t c);

/// General categories M, S and P.
bool is_symbol(char32_t c);

/// General category Mn.
bool is_nonspacing_mark(char32_t c);

/// `\b` before `at`, which may be the end.
bool is_boundary(std::u32string_view text, std::size_t at);

/// str.lower(): the sigma that ends a word is the final one.
std::u32string lower(std::u32string_view text);

enum class Compatible { decomposed, composed };

/// The normal form NFKD or NFKC.
std::u32string normal(std::u32string_view text, Compatible form);

/// str.split().
std::vector<std::u32string> words_of(std::u32string_view text);

/// Extended grapheme clusters (UAX 29), what `\X` is in the module `regex`.
std::vector<std::u32string> letters_of(std::u32string_view text);

/// The texts with `between` in their gaps.
std::u32string joined(const std::vector<std::u32string>& texts, std::u32string_view between);

}  // namespace lp::transcripts
