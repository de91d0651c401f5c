#include "tasks/tokenizer/unicode.hpp"

#include "tasks/tokenizer/utf8.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>

namespace lp::tokenizing {
namespace {

utf8proc_category_t category(char32_t code_point) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(code_point));
}

/// Letters of Unicode 16 and 17, which older utf8proc does not know, and the steps to their lower case.
struct LowerCase {
  CodePoints upper;
  std::int32_t step;
};
constexpr std::array<LowerCase, 10> newer_letters = {{{{0x1C89, 0x1C89}, 1},
                                                      {{0xA7CB, 0xA7CB}, 0x264 - 0xA7CB},
                                                      {{0xA7CC, 0xA7CC}, 1},
                                                      {{0xA7CE, 0xA7CE}, 1},
                                                      {{0xA7D2, 0xA7D2}, 1},
                                                      {{0xA7D4, 0xA7D4}, 1},
                                                      {{0xA7DA, 0xA7DA}, 1},
                                                      {{0xA7DC, 0xA7DC}, 0x19B - 0xA7DC},
                                                      {{0x10D50, 0x10D65}, 0x20},
                                                      {{0x16EA0, 0x16EB8}, 0x1B}}};

}  // namespace

bool contains(std::span<const CodePoints> ranges, char32_t code_point) {
  const auto found = std::partition_point(ranges.begin(), ranges.end(),
                                          [&](const CodePoints& range) { return range.last < code_point; });
  return found != ranges.end() && found->first <= code_point;
}

bool is_white_space(char32_t c) {
  return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

bool is_number(char32_t code_point) {
  const utf8proc_category_t found = category(code_point);
  return found == UTF8PROC_CATEGORY_ND || found == UTF8PROC_CATEGORY_NL || found == UTF8PROC_CATEGORY_NO ||
         is_newer_number(code_point);
}

bool is_word(char32_t code_point) {
  // Circled and squared letters (So) are Alphabetic; U+200C and U+200D are Join_Control.
  constexpr std::array<CodePoints, 5> others = {
      {{0x200C, 0x200D}, {0x24B6, 0x24E9}, {0x1F130, 0x1F149}, {0x1F150, 0x1F169}, {0x1F170, 0x1F189}}};
  switch (category(code_point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC: return true;
    default: return contains(others, code_point) || is_newer_word(code_point);
  }
}

bool is_mark(char32_t code_point) {
  if (code_point == 0x1CF2 || code_point == 0x1CF3) return true;  // Mc until Unicode 11
  const utf8proc_category_t found = category(code_point);
  const bool mark =
      found == UTF8PROC_CATEGORY_MN || found == UTF8PROC_CATEGORY_MC || found == UTF8PROC_CATEGORY_ME;
  return mark && code_point != 0x111C9 && !is_after_unicode_9(code_point);  // U+111C9: Po until Unicode 10
}

bool is_control(char32_t code_point) {
  constexpr std::array<CodePoints, 22> ranges = {
      {{0x00, 0x1F},       {0x7F, 0x9F},        {0xAD, 0xAD},       {0x600, 0x605},     {0x61C, 0x61C},
       {0x6DD, 0x6DD},     {0x70F, 0x70F},      {0x180E, 0x180E},   {0x200B, 0x200F},   {0x202A, 0x202E},
       {0x2060, 0x2064},   {0x2066, 0x206F},    {0xE000, 0xF8FF},   {0xFEFF, 0xFEFF},   {0xFFF9, 0xFFFB},
       {0x110BD, 0x110BD}, {0x1BCA0, 0x1BCA3},  {0x1D173, 0x1D17A}, {0xE0001, 0xE0001}, {0xE0020, 0xE007F},
       {0xF0000, 0xFFFFD}, {0x100000, 0x10FFFD}}};
  return contains(ranges, code_point);
}

bool is_ideograph(char32_t code_point) {
  constexpr std::array<CodePoints, 7> ranges = {{{0x3400, 0x4DBF},
                                                 {0x4E00, 0x9FFF},
                                                 {0xF900, 0xFAFF},
                                                 {0x20000, 0x2A6DF},
                                                 {0x2A700, 0x2B81F},
                                                 {0x2B920, 0x2CEAF},
                                                 {0x2F800, 0x2FA1F}}};
  return contains(ranges, code_point);
}

void append_lower(std::string& text, char32_t code_point) {
  if (code_point == 0x130) {
    text += "i\u0307";
    return;
  }
  char32_t lower = static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code_point)));
  for (const LowerCase& newer : newer_letters)
    if (code_point >= newer.upper.first && code_point <= newer.upper.last)
      lower = static_cast<char32_t>(static_cast<std::int32_t>(code_point) + newer.step);
  append(text, lower);
}

}  // namespace lp::tokenizing
