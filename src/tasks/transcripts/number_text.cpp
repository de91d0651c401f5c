#include "tasks/transcripts/number_text.hpp"

#include "tasks/transcripts/characters.hpp"

#include <array>
#include <vector>

namespace lp::transcripts {
namespace {

bool is_ascii_digit(char32_t c) {
  return c >= U'0' && c <= U'9';
}

bool is_ascii_letter(char32_t c) {
  return c >= U'a' && c <= U'z';
}

bool is_currency(char32_t c) {
  return std::u32string_view(U"€£$").find(c) != std::u32string_view::npos;
}

/// The first place from `at` on that is no space.
std::size_t behind_spaces(std::u32string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

std::size_t behind_digits(std::u32string_view text, std::size_t at, std::size_t most) {
  const std::size_t first = at;
  while (at < text.size() && at - first < most && is_ascii_digit(text[at])) ++at;
  return at;
}

bool stands_at(std::u32string_view text, std::size_t at, std::u32string_view word) {
  return at <= text.size() && text.substr(at).starts_with(word);
}

/// Where "and a half" ends that begins at `at`; 0 if it does not.
std::size_t end_of_and_a_half(std::u32string_view text, std::size_t at) {
  if (!is_boundary(text, at)) return 0;
  for (const std::u32string_view word : {U"and", U"a", U"half"}) {
    if (!stands_at(text, at, word)) return 0;
    const std::size_t end = at + word.size();
    if (word == U"half") return is_boundary(text, end) ? end : 0;
    at = behind_spaces(text, end);
    if (at == end) return 0;
  }
  return 0;
}

/// The parts of a text that stand between "and a half".
std::vector<std::u32string_view> parts_of(std::u32string_view text) {
  std::vector<std::u32string_view> parts;
  std::size_t begin = 0;
  for (std::size_t at = text.find(U"and"); at != text.npos; at = text.find(U"and", at)) {
    const std::size_t end = end_of_and_a_half(text, at);
    if (end > 0) {
      parts.push_back(text.substr(begin, at - begin));
      begin = end;
    }
    at = end > 0 ? end : at + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::u32string with_digits_apart(std::u32string_view text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool apart = i > 0 && ((is_ascii_letter(text[i - 1]) && is_ascii_digit(text[i])) ||
                                 (is_ascii_digit(text[i - 1]) && is_ascii_letter(text[i])));
    if (apart) out += U' ';
    out += text[i];
  }
  return out;
}

std::u32string with_suffixes_beside(std::u32string_view text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    out += text[i++];
    if (!is_ascii_digit(out.back())) continue;
    const std::size_t at = behind_spaces(text, i);
    if (at == i) continue;
    for (const std::u32string_view suffix : {U"st", U"nd", U"rd", U"th", U"s"}) {
      if (!stands_at(text, at, suffix) || !is_boundary(text, at + suffix.size())) continue;
      out += suffix;
      i = at + suffix.size();
      break;
    }
  }
  return out;
}

/// Where "$2 and ¢7" or "$2 ¢7" ends that begins at `at`, and where its parts lie; `end` is 0 if it does not.
struct Sum {
  std::size_t dollars_end = 0, cents = 0, end = 0;
};

Sum sum_at(std::u32string_view text, std::size_t at) {
  if (!is_currency(text[at])) return {};
  const std::size_t dollars_end = behind_digits(text, at + 1, text.npos);
  if (dollars_end == at + 1 || !stands_at(text, dollars_end, U" ")) return {};
  const std::size_t sign = dollars_end + (stands_at(text, dollars_end, U" and ") ? 5 : 1);
  if (!stands_at(text, sign, U"¢")) return {};
  const std::size_t end = behind_digits(text, sign + 1, 2);
  if (end == sign + 1 || !is_boundary(text, end)) return {};
  return {dollars_end, sign + 1, end};
}

std::u32string with_cents_added(std::u32string_view text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    const Sum sum = sum_at(text, i);
    if (sum.end == 0) {
      out += text[i++];
      continue;
    }
    out.append(text.substr(i, sum.dollars_end - i)).append(sum.end - sum.cents == 1 ? U".0" : U".");
    out.append(text.substr(sum.cents, sum.end - sum.cents));
    i = sum.end;
  }
  return out;
}

/// "$0.50". Any character may stand in the place of the point, as in the original.
std::u32string with_cents_alone(std::u32string_view text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t cents = i + 3, end = behind_digits(text, cents, 2);
    if (!is_currency(text[i]) || !stands_at(text, i + 1, U"0") || end == cents || !is_boundary(text, end)) {
      out += text[i++];
      continue;
    }
    const bool zero_first = end - cents == 2 && text[cents] == U'0';
    out.append(U"¢").append(text.substr(zero_first ? cents + 1 : cents, zero_first ? 1 : end - cents));
    i = end;
  }
  return out;
}

/// "1" and "1s" by themselves as words.
std::u32string with_ones_spelt(std::u32string_view text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t end = i + 1;
    const bool alone = text[i] == U'1' && is_boundary(text, i) &&
                       (is_boundary(text, end) || (stands_at(text, end, U"s") && is_boundary(text, end + 1)));
    if (alone)
      out += U"one";
    else
      out += text[i];
  }
  return out;
}

}  // namespace

std::u32string before_numbers(std::u32string_view text,
                              const std::unordered_map<std::u32string, NumberWord>& known) {
  std::vector<std::u32string> kept;
  const std::vector<std::u32string_view> parts = parts_of(text);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::vector<std::u32string> words = words_of(parts[i]);
    if (words.empty()) continue;
    kept.emplace_back(parts[i]);
    if (i + 1 == parts.size()) break;
    const auto last = known.find(words.back());
    const bool counts = last != known.end() && (last->second.is_digit() || last->second.is(NumberKind::ten) ||
                                                last->second.is(NumberKind::multiplier));
    kept.emplace_back(counts ? U"point five" : U"and a half");
  }
  return with_suffixes_beside(with_digits_apart(joined(kept, U" ")));
}

std::u32string after_numbers(std::u32string_view text) {
  return with_ones_spelt(with_cents_alone(with_cents_added(text)));
}

}  // namespace lp::transcripts
