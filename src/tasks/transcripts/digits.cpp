#include "tasks/transcripts/digits.hpp"

#include "tasks/transcripts/characters.hpp"

#include <algorithm>

namespace lp::transcripts {
namespace {

/// In ASCII, without zeros in front.
std::u32string plain_number(std::u32string_view digits) {
  std::u32string plain;
  for (const char32_t c : digits) {
    const int value = digit_value(c);
    if (value > 0 || !plain.empty()) plain += static_cast<char32_t>(U'0' + value);
  }
  return plain.empty() ? U"0" : plain;
}

std::u32string sum(std::u32string a, std::u32string b) {
  if (a.size() < b.size()) a.swap(b);
  b.insert(0, a.size() - b.size(), U'0');
  char32_t carry = 0;
  for (std::size_t i = a.size(); i-- > 0;) {
    const char32_t digit = a[i] - U'0' + (b[i] - U'0') + carry;
    a[i] = U'0' + digit % 10;
    carry = digit / 10;
  }
  if (carry > 0) a.insert(a.begin(), U'1');
  return a;
}

bool all_digits(std::u32string_view text) {
  return std::ranges::all_of(text, is_digit);
}

}  // namespace

std::u32string with_last_thousand_times(std::u32string_view number, std::size_t zeros) {
  constexpr std::size_t three = 3;
  const std::size_t kept = number.size() > three ? number.size() - three : 0;
  const std::u32string last = plain_number(number.substr(kept));
  std::u32string product = last == U"0" ? last : last + std::u32string(zeros, U'0');
  if (kept == 0) return product;
  return sum(std::u32string(number.substr(0, kept)) + std::u32string(three, U'0'), product);
}

bool is_multiple(std::u32string_view number, std::size_t zeros) {
  return number == U"0" || (number.size() >= zeros && number.find_last_not_of(U'0') < number.size() - zeros);
}

std::u32string filled(std::u32string_view number, std::u32string_view small) {
  if (number == U"0") return std::u32string(small);
  return std::u32string(number.substr(0, number.size() - small.size())).append(small);
}

std::optional<std::u32string> whole_product(std::u32string_view decimal, std::size_t zeros) {
  const std::size_t point = std::min(decimal.find(U'.'), decimal.size());
  const std::u32string_view whole = decimal.substr(0, point),
                            part = decimal.substr(std::min(point + 1, decimal.size()));
  if (!all_digits(whole) || !all_digits(part) || whole.size() + part.size() == 0) return {};
  const std::size_t moved = std::min(zeros, part.size());
  if (std::ranges::any_of(part.substr(moved), [](char32_t c) { return digit_value(c) != 0; })) return {};
  std::u32string digits = std::u32string(whole).append(part.substr(0, moved));
  return plain_number(digits.append(zeros - moved, U'0'));
}

bool is_decimal(std::u32string_view text) {
  const std::size_t point = std::min(text.find(U'.'), text.size());
  if (point == 0 || !all_digits(text.substr(0, point))) return false;
  return point == text.size() || (point + 1 < text.size() && all_digits(text.substr(point + 1)));
}

}  // namespace lp::transcripts
