#include "tasks/transcripts/characters.hpp"

#include "tasks/tokenizer/unicode.hpp"
#include "tasks/tokenizer/utf8.hpp"

#include <utf8proc.h>

#include <array>

namespace lp::transcripts {
namespace {

utf8proc_category_t category(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

bool is_letter(char32_t c) {
  const utf8proc_category_t found = category(c);
  return found >= UTF8PROC_CATEGORY_LU && found <= UTF8PROC_CATEGORY_LO;
}

bool is_number(char32_t c) {
  const utf8proc_category_t found = category(c);
  return found >= UTF8PROC_CATEGORY_ND && found <= UTF8PROC_CATEGORY_NO;
}

/// Cased, but for what is Case_Ignorable as well (Unicode 15, section 3.13 and DerivedCoreProperties.txt).
bool is_cased(char32_t c) {
  // Other_Lowercase and Other_Uppercase: ordinals, Roman numerals, letters in circles and squares.
  constexpr std::array<tokenizing::CodePoints, 7> others = {{{0xAA, 0xAA},
                                                             {0xBA, 0xBA},
                                                             {0x2160, 0x217F},
                                                             {0x24B6, 0x24E9},
                                                             {0x1F130, 0x1F149},
                                                             {0x1F150, 0x1F169},
                                                             {0x1F170, 0x1F189}}};
  const utf8proc_category_t found = category(c);
  return found == UTF8PROC_CATEGORY_LU || found == UTF8PROC_CATEGORY_LL || found == UTF8PROC_CATEGORY_LT ||
         tokenizing::contains(others, c);
}

/// Case_Ignorable: marks, modifiers, format characters, and what may stand inside a word.
bool is_case_ignorable(char32_t c) {
  constexpr std::array<tokenizing::CodePoints, 16> inside = {{{0x27, 0x27},
                                                              {0x2E, 0x2E},
                                                              {0x3A, 0x3A},
                                                              {0xB7, 0xB7},
                                                              {0x387, 0x387},
                                                              {0x55F, 0x55F},
                                                              {0x5F4, 0x5F4},
                                                              {0x2018, 0x2019},
                                                              {0x2024, 0x2024},
                                                              {0x2027, 0x2027},
                                                              {0xFE13, 0xFE13},
                                                              {0xFE52, 0xFE52},
                                                              {0xFE55, 0xFE55},
                                                              {0xFF07, 0xFF07},
                                                              {0xFF0E, 0xFF0E},
                                                              {0xFF1A, 0xFF1A}}};
  switch (category(c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK: return true;
    default: return tokenizing::contains(inside, c);
  }
}

/// Whether the sigma at `at` ends a word: cased letters stand before it and none behind (Final_Sigma).
bool ends_word(std::u32string_view text, std::size_t at) {
  std::size_t before = at, behind = at + 1;
  while (before > 0 && is_case_ignorable(text[before - 1])) --before;
  while (behind < text.size() && is_case_ignorable(text[behind])) ++behind;
  return before > 0 && is_cased(text[before - 1]) && (behind == text.size() || !is_cased(text[behind]));
}

}  // namespace

bool is_space(char32_t c) {
  return tokenizing::is_white_space(c) || (c >= 0x1C && c <= 0x1F);
}

bool is_digit(char32_t c) {
  return category(c) == UTF8PROC_CATEGORY_ND;
}

int digit_value(char32_t c) {
  char32_t first = c;  // the digits of a script follow each other from 0 on, and scripts each other
  while (first > 0 && is_digit(first - 1)) --first;
  return static_cast<int>((c - first) % 10);
}

bool is_word(char32_t c) {
  return c == U'_' || is_letter(c) || is_number(c);
}

bool is_symbol(char32_t c) {
  const utf8proc_category_t found = category(c);
  return (found >= UTF8PROC_CATEGORY_MN && found <= UTF8PROC_CATEGORY_ME) ||
         (found >= UTF8PROC_CATEGORY_PC && found <= UTF8PROC_CATEGORY_SO);
}

bool is_nonspacing_mark(char32_t c) {
  return category(c) == UTF8PROC_CATEGORY_MN;
}

bool is_boundary(std::u32string_view text, std::size_t at) {
  return (at > 0 && is_word(text[at - 1])) != (at < text.size() && is_word(text[at]));
}

std::u32string lower(std::u32string_view text) {
  constexpr char32_t capital_sigma = 0x3A3, final_sigma = 0x3C2;
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == capital_sigma && ends_word(text, i))
      tokenizing::append(out, final_sigma);
    else
      tokenizing::append_lower(out, text[i]);
  return tokenizing::code_points(out);
}

std::u32string normal(std::u32string_view text, Compatible form) {
  using tokenizing::NormalForm;
  return tokenizing::newest_normal_form(text,
                                        form == Compatible::composed ? NormalForm::nfkc : NormalForm::nfkd);
}

std::vector<std::u32string> words_of(std::u32string_view text) {
  std::vector<std::u32string> words;
  bool inside = false;
  for (const char32_t c : text) {
    const bool space = is_space(c);
    if (!space && !inside) words.emplace_back();
    if (!space) words.back() += c;
    inside = !space;
  }
  return words;
}

std::vector<std::u32string> letters_of(std::u32string_view text) {
  std::vector<std::u32string> letters;
  utf8proc_int32_t state = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 0 || utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(text[i - 1]),
                                                   static_cast<utf8proc_int32_t>(text[i]), &state))
      letters.emplace_back();
    letters.back() += text[i];
  }
  return letters;
}

std::u32string joined(const std::vector<std::u32string>& texts, std::u32string_view between) {
  std::u32string out;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out += between;
    out += texts[i];
  }
  return out;
}

}  // namespace lp::transcripts
