#pragma once
#include <span>
#include <string>
#include <string_view>

namespace lp::tokenizing {

// Hugging Face's tokenizers library takes its Unicode data from several packages of several years. Equal ids
// need the same data, so each function here names the version it follows. Code points that its version does
// not know have no properties at all. Source of the versions: every code point tried with tokenizers 0.23.3.

/// A range of code points, both ends included.
struct CodePoints {
  char32_t first, last;
};

/// Whether one of the ranges, which must be sorted and apart, has the code point.
bool contains(std::span<const CodePoints> ranges, char32_t code_point);

/// White_Space (the same since Unicode 6.3).
bool is_white_space(char32_t code_point);

/// General category N (Unicode 17).
bool is_number(char32_t code_point);

/// What `\w` is in Rust's regex package (Unicode 16): Alphabetic, M, Nd, Pc and Join_Control (Unicode UTS 18,
/// annex C).
bool is_word(char32_t code_point);

/// General category M in Unicode 9: what the normalizer StripAccents takes away.
bool is_mark(char32_t code_point);

/// General category Mn in Unicode 8: what the normalizer of BERT takes away.
bool is_nonspacing_mark(char32_t code_point);

/// General category P in Unicode 8, and all of ASCII that is neither letter, digit nor control.
bool is_punctuation(char32_t code_point);

/// General categories Cc, Cf and Co in Unicode 8.
bool is_control(char32_t code_point);

/// The ideographs that BERT puts spaces around. Source: tokenizers, where one block begins at U+2B920; the
/// original bert/tokenization.py (2018) has U+2B820.
bool is_ideograph(char32_t code_point);

/// Whether Unicode 9 has nothing, or something without a mark or decomposition, here, and a later version may
/// have one: normal forms of Unicode 9 leave such a code point and what is on its two sides apart.
bool is_after_unicode_9(char32_t code_point);

/// Numbers of Unicode 15 to 17 and word characters of Unicode 15 and 16, which older utf8proc does not know.
bool is_newer_number(char32_t code_point);
bool is_newer_word(char32_t code_point);

/// Adds the lower case of one code point (Unicode 17); only U+0130 has two.
void append_lower(std::string& text, char32_t code_point);

/// The normal forms of Unicode 9 (UAX 15).
enum class NormalForm { nfc, nfd, nfkc, nfkd };

/// The text, well-formed UTF-8, in a normal form. Time: n log n of its length.
std::string normal_form(std::string_view text, NormalForm form);

/// The same by the Unicode version of utf8proc.
std::u32string newest_normal_form(std::u32string_view text, NormalForm form);

}  // namespace lp::tokenizing
