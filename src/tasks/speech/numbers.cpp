#include "tasks/speech/numbers.hpp"

#include <array>
#include <charconv>

namespace lp::speech {
namespace {

constexpr std::size_t most_digits = 18;

constexpr std::array<std::string_view, 20> small = {
    "zero",     "one",     "two",     "three",     "four",     "five",    "six",
    "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",  "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
constexpr std::array<std::string_view, 10> tens = {"",      "",      "twenty",  "thirty", "forty",
                                                   "fifty", "sixty", "seventy", "eighty", "ninety"};
struct Power {
  std::uint64_t value;
  std::string_view name;
};
constexpr std::array<Power, 5> powers = {{{1'000'000'000'000'000, "quadrillion"},
                                          {1'000'000'000'000, "trillion"},
                                          {1'000'000'000, "billion"},
                                          {1'000'000, "million"},
                                          {1'000, "thousand"}}};

struct Irregular {
  std::string_view cardinal, ordinal;
};
constexpr std::array<Irregular, 7> irregular = {{{"one", "first"},
                                                 {"two", "second"},
                                                 {"three", "third"},
                                                 {"five", "fifth"},
                                                 {"eight", "eighth"},
                                                 {"nine", "ninth"},
                                                 {"twelve", "twelfth"}}};

std::string below_hundred(std::uint64_t n) {
  if (n < small.size()) return std::string(small[n]);
  std::string words(tens[n / 10]);
  if (n % 10 != 0) words.append(" ").append(small[n % 10]);
  return words;
}

void add(std::string& words, std::string_view more) {
  if (!words.empty()) words += ' ';
  words += more;
}

std::string below_thousand(std::uint64_t n) {
  std::string words;
  if (n >= 100) words = std::string(small[n / 100]) + " hundred";
  if (n % 100 != 0) add(words, below_hundred(n % 100));
  return words;
}

std::uint64_t value_of(std::string_view digits) {
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

}  // namespace

std::string cardinal(std::string_view digits) {
  if (digits.size() > most_digits) return digit_by_digit(digits);
  std::uint64_t n = value_of(digits);
  if (n == 0) return "zero";
  std::string words;
  for (const Power& power : powers)
    if (n >= power.value) {
      add(words, below_thousand(n / power.value));
      add(words, power.name);
      n %= power.value;
    }
  if (n != 0) add(words, below_thousand(n));
  return words;
}

std::string ordinal(std::string_view digits) {
  std::string words = cardinal(digits);
  const std::size_t last = words.rfind(' ') + 1;  // 0 where there is one word
  for (const auto& [one, first] : irregular)
    if (std::string_view(words).substr(last) == one) return words.substr(0, last).append(first);
  if (words.ends_with('y')) return words.replace(words.size() - 1, 1, "ieth");
  return words + "th";
}

std::string digit_by_digit(std::string_view digits) {
  std::string words;
  for (const char digit : digits) add(words, small[static_cast<std::size_t>(digit - '0')]);
  return words;
}

std::string year(std::string_view digits) {
  if (digits.size() != 4 || digits.front() == '0' || digits.substr(1, 2) == "00") return cardinal(digits);
  const std::uint64_t century = value_of(digits.substr(0, 2)), rest = value_of(digits.substr(2));
  std::string words = below_hundred(century);
  if (rest == 0) return words + " hundred";
  return words + (rest < 10 ? " oh " : " ") + below_hundred(rest);
}

std::string plural(std::string words) {
  if (words.ends_with('y')) return words.replace(words.size() - 1, 1, "ies");
  if (words.ends_with('x')) return words + "es";
  return words + "s";
}

}  // namespace lp::speech
