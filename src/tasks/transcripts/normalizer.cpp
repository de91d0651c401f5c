#include "tasks/transcripts/normalizer.hpp"

#include "base/text.hpp"
#include "tasks/tokenizer/utf8.hpp"
#include "tasks/transcripts/american_spellings.hpp"
#include "tasks/transcripts/characters.hpp"
#include "tasks/transcripts/contractions.hpp"

#include <algorithm>
#include <array>

namespace lp::transcripts {
namespace {

using tokenizing::code_points;
using tokenizing::utf8;

constexpr std::u32string_view number_symbols = U".%$¢€£";

/// Without what stands between one of `open` and the next of `close`, these as well, if that is `least` long.
std::u32string without_between(std::u32string_view text, std::u32string_view open, std::u32string_view close,
                               std::size_t least) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    const bool opens = open.find(text[i]) != open.npos;
    const std::size_t end = opens ? text.find_first_of(close, i + 1) : text.npos;
    if (opens && end == text.npos) return out.append(text.substr(i));  // nothing closes what follows, either
    if (opens && end - i - 1 >= least)
      i = end + 1;
    else
      out += text[i++];
  }
  return out;
}

std::u32string without_brackets(std::u32string_view text) {
  return without_between(without_between(text, U"<[", U">]", 0), U"(", U")", 1);
}

/// "it 's" is "it's".
std::u32string with_apostrophes_beside(std::u32string_view text) {
  std::u32string out;
  for (const char32_t c : text) {
    if (c == U'\'')
      while (!out.empty() && is_space(out.back())) out.pop_back();
    out += c;
  }
  return out;
}

/// "1,000" is "1000". As in the original, a digit between two commas keeps the second.
std::u32string without_commas_in_numbers(std::u32string_view text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (i + 2 >= text.size() || !is_digit(text[i]) || text[i + 1] != U',' || !is_digit(text[i + 2])) continue;
    out += text[i + 2];
    i += 2;
  }
  return out;
}

bool is_ascii_digit(char32_t c) {
  return c >= U'0' && c <= U'9';
}

/// Points that no digit follows become spaces; of two in a row the second stays, as in the original.
std::u32string without_full_stops(std::u32string_view text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != U'.' || (i + 1 < text.size() && is_ascii_digit(text[i + 1]))) {
      out += text[i];
      continue;
    }
    out += U' ';
    if (++i < text.size()) out += text[i];
  }
  return out;
}

/// Letters that no normal form takes apart.
std::u32string_view plain_letters(char32_t c) {
  struct Letter {
    char32_t letter;
    std::u32string_view plain;
  };
  constexpr std::array<Letter, 16> letters = {{{U'œ', U"oe"},
                                               {U'Œ', U"OE"},
                                               {U'ø', U"o"},
                                               {U'Ø', U"O"},
                                               {U'æ', U"ae"},
                                               {U'Æ', U"AE"},
                                               {U'ß', U"ss"},
                                               {U'ẞ', U"SS"},
                                               {U'đ', U"d"},
                                               {U'Đ', U"D"},
                                               {U'ð', U"d"},
                                               {U'Ð', U"D"},
                                               {U'þ', U"th"},
                                               {U'Þ', U"th"},
                                               {U'ł', U"l"},
                                               {U'Ł', U"L"}}};
  const auto* const found = std::ranges::find(letters, c, &Letter::letter);
  return found == letters.end() ? std::u32string_view() : found->plain;
}

std::u32string without_symbols_and_diacritics(std::u32string_view text) {
  std::u32string out;
  for (const char32_t c : normal(text, Compatible::decomposed)) {
    const std::u32string_view plain = plain_letters(c);
    if (!plain.empty())
      out += plain;
    else if (number_symbols.find(c) != number_symbols.npos || !is_symbol(c))
      out += c;
    else if (!is_nonspacing_mark(c))
      out += U' ';
  }
  return out;
}

std::u32string without_symbols(std::u32string_view text) {
  std::u32string out = normal(text, Compatible::composed);
  std::ranges::replace_if(out, is_symbol, U' ');
  return out;
}

/// Without currencies and points that no digit follows, and without % that none precedes.
std::u32string without_lone_symbols(std::u32string_view text) {
  std::u32string before;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool lone = text[i] != U'%' && number_symbols.find(text[i]) != number_symbols.npos &&
                      i + 1 < text.size() && !is_ascii_digit(text[i + 1]);
    if (lone)
      before.append(1, U' ').append(1, text[++i]);
    else
      before += text[i];
  }
  std::u32string out;
  for (std::size_t i = 0; i < before.size(); ++i) {
    out += before[i];
    if (is_ascii_digit(before[i]) || before.substr(i + 1, 1) != U"%") continue;
    out += U' ';
    ++i;
  }
  return out;
}

std::u32string with_single_spaces(std::u32string_view text) {
  std::u32string out;
  bool spaced = false;
  for (const char32_t c : text) {
    const bool space = is_space(c);
    if (!space || !spaced) out += space ? U' ' : c;
    spaced = space;
  }
  return out;
}

std::u32string lowered(std::string_view text) {
  return lower(code_points(tokenizing::valid_utf8(text)));
}

}  // namespace

Normalizer::Normalizer() {
  for (const std::string& line : lines_of(american_spellings())) {
    const std::size_t tab = line.find('\t');
    if (line.front() != '#') american_[code_points(line.substr(0, tab))] = code_points(line.substr(tab + 1));
  }
}

std::string Normalizer::english(std::string_view text) const {
  std::u32string out = without_fillers(without_brackets(lowered(text)));
  out = without_contractions(with_apostrophes_beside(out));
  out = without_full_stops(without_commas_in_numbers(out));
  std::vector<std::u32string> words = words_of(numbers_.write(without_symbols_and_diacritics(out)));
  for (std::u32string& word : words)
    if (const auto found = american_.find(word); found != american_.end()) word = found->second;
  return utf8(with_single_spaces(without_lone_symbols(joined(words, U" "))));
}

std::string Normalizer::normalized(std::string_view text, std::string_view language) const {
  if (language == "en") return english(text);
  return normalized_in_any_language(text, is_without_spaces(language) ? Letters::apart : Letters::together);
}

std::string normalized_in_any_language(std::string_view text, Letters letters) {
  std::u32string out = lower(without_symbols(without_brackets(lowered(text))));
  if (letters == Letters::apart) out = joined(letters_of(out), U" ");
  return utf8(with_single_spaces(out));
}

bool is_without_spaces(std::string_view language) {
  constexpr std::array<std::string_view, 6> languages = {"zh", "ja", "th", "lo", "my", "yue"};
  return std::ranges::find(languages, language) != languages.end();
}

bool has_spaces(std::string_view text) {
  constexpr std::ptrdiff_t longest = 30;
  return std::ranges::count(text, ' ') * longest >= static_cast<std::ptrdiff_t>(text.size());
}

}  // namespace lp::transcripts
