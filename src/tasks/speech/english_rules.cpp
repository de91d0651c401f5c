#include "tasks/speech/english_rules.hpp"

#include "tasks/speech/english_words.hpp"
#include "tasks/speech/numbers.hpp"
#include "tasks/tokenizer/regex.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace lp::speech {
namespace {

using Groups = std::span<const std::string_view>;

/// A number with or without thousands' commas and a fraction.
constexpr std::string_view number_pattern = R"((?:\d{1,3}(?:,\d{3}){1,6}(?!\d)|\d{1,40})(?:\.\d{1,40})?)";

template <class Words>
std::string one_of(const Words& words) {
  std::vector<std::string> patterns;
  for (const auto& word : words) {
    if constexpr (requires { word.written; })
      patterns.push_back(tokenizing::literal_pattern(word.written));
    else
      patterns.push_back(tokenizing::literal_pattern(word));
  }
  // The longest first: an alternative that matches hides those behind it.
  std::sort(patterns.begin(), patterns.end(),
            [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
  return fmt::format("{}", fmt::join(patterns, "|"));
}

template <class Word>
const Word& named(std::span<const Word> words, std::string_view written) {
  return *std::find_if(words.begin(), words.end(), [&](const Word& word) { return word.written == written; });
}

int value_of(std::string_view digits) {
  int value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::string without(std::string_view text, char unwanted) {
  std::string kept(text);
  std::erase(kept, unwanted);
  return kept;
}

/// "1,234.50" -> "one thousand two hundred thirty four point five zero"
std::string number(std::string_view written) {
  const std::string plain = without(written, ',');
  const std::string_view digits = plain;
  const std::size_t point = digits.find('.');
  const std::string_view whole = digits.substr(0, point);
  if (point != std::string_view::npos)
    return cardinal(whole) + " point " + digit_by_digit(digits.substr(point + 1));
  return whole.size() > 1 && whole.front() == '0' ? digit_by_digit(whole) : cardinal(whole);
}

/// A bare number of four digits from 1100 to 2099 is said as a year is: more often than not it is one.
std::string number_or_year(std::string_view written) {
  const bool is_year = written.size() == 4 &&
                       written.find_first_not_of("0123456789") == std::string_view::npos &&
                       written >= "1100" && written < "2100";
  return is_year ? year(written) : number(written);
}

/// Whether a point that belongs to an abbreviation ends the sentence, too: nothing follows, or a new line, or
/// a word that begins sentences.
bool ends_sentence(std::string_view rest) {
  const std::size_t closed = rest.find_first_not_of("\"')]");
  if (closed == std::string_view::npos) return true;
  rest.remove_prefix(closed);
  const std::size_t begin = rest.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return true;
  if (begin == 0) return false;
  if (std::count(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(begin), '\n') > 1) return true;
  rest.remove_prefix(begin);
  const auto letters = std::find_if_not(rest.begin(), rest.end(),
                                        [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; });
  const std::string_view word = rest.substr(0, static_cast<std::size_t>(letters - rest.begin()));
  const auto words = starters();
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string with_point(const std::string& words, std::string_view rest) {
  return ends_sentence(rest) ? words + "." : words;
}

/// "A.M." of the second group, if there is one.
std::string half_of_day(std::string_view letter) {
  return letter.empty() ? "" : fmt::format(" {}.M", letter == "a" || letter == "A" ? "A" : "P");
}

std::string time_of_day(Groups g, std::string_view rest) {
  const std::string_view hour = g[1], minute = g[2], second = g[3];
  std::string words = cardinal(hour);
  if (minute != "00")
    words += (minute.front() == '0' ? " oh " : " ") + cardinal(minute);
  else if (g[4].empty() && second.empty())
    words += " o'clock";
  if (!second.empty())
    words += fmt::format(" and {} second{}", cardinal(second), value_of(second) == 1 ? "" : "s");
  words += half_of_day(g[4]);
  return g[0].ends_with('.') ? with_point(words, rest) : words;
}

/// "5" or "05", and a year in four or two digits, or none.
std::string month_and_day(std::size_t month, std::string_view day, std::string_view in_year) {
  std::string words = fmt::format("{} {}", months()[month], ordinal(day));
  if (in_year.size() == 2)
    return fmt::format("{}, {}", words, year((in_year < "50" ? "20" : "19") + std::string(in_year)));
  return in_year.empty() ? words : fmt::format("{}, {}", words, year(in_year));
}

/// A date in numbers, whose groups these are.
template <std::size_t in_year, std::size_t month, std::size_t day>
std::string date(Groups g, std::string_view /*rest*/) {
  return month_and_day(static_cast<std::size_t>(value_of(g[month]) - 1), g[day], g[in_year]);
}

/// The month that a name or its first letters mean.
std::size_t month_named(std::string_view name) {
  const auto all = months();
  const auto found = std::find_if(all.begin(), all.end(), [&](std::string_view month) {
    return month.substr(0, 3) == name.substr(0, 3);
  });
  return static_cast<std::size_t>(found - all.begin());
}

/// "3.50" of a currency, or "3.5" "million" of it.
std::string money(const Currency& currency, std::string_view written, std::string_view magnitude) {
  if (!magnitude.empty()) return fmt::format("{} {} {}", number(written), magnitude, currency.many);
  const std::string amount = without(written, ',');
  const std::size_t point = amount.find('.');
  const std::string whole = amount.substr(0, point);
  if (point == std::string::npos || currency.part.empty() || amount.size() - point != 3)
    return fmt::format("{} {}", number(written), amount == "1" ? currency.one : currency.many);
  const std::string parts = amount.substr(point + 1);
  std::string wholes = fmt::format("{} {}", cardinal(whole), whole == "1" ? currency.one : currency.many);
  if (parts == "00") return wholes;
  const std::string rest =
      fmt::format("{} {}", cardinal(parts), parts == "01" ? currency.part : currency.parts);
  return value_of(whole) == 0 && whole.size() == 1 ? rest : fmt::format("{} and {}", wholes, rest);
}

/// "k" or "million" -> "thousand" or "million"
std::string_view magnitude(std::string_view written) {
  if (written == "k" || written == "K") return "thousand";
  if (written == "M" || written == "m" || written == "mn")
    return "million";  // "m" of money: else it is meters
  if (written == "B" || written == "b" || written == "bn") return "billion";
  return written;
}

std::string fraction(std::string_view above, std::string_view below) {
  const bool one = above == "1";
  if (below == "2") return fmt::format("{} {}", cardinal(above), one ? "half" : "halves");
  if (below == "4") return fmt::format("{} {}", cardinal(above), one ? "quarter" : "quarters");
  const int parts = value_of(below);
  if (below.size() > 2 || parts < 3 || parts > 20)
    return fmt::format("{} over {}", cardinal(above), cardinal(below));
  return fmt::format("{} {}", cardinal(above), one ? ordinal(below) : plural(ordinal(below)));
}

/// "www.x-y.org/2" -> "www dot x dash y dot org slash two"
std::string address(std::string_view text) {
  std::string words;
  const auto add = [&words](std::string_view more) { words.append(words.empty() ? "" : " ").append(more); };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t at = 0; at < text.size();) {
    const auto known = address_signs();
    const auto sign =
        std::find_if(known.begin(), known.end(), [&](const Sign& s) { return s.written[0] == text[at]; });
    std::size_t end = at + 1;
    if (sign != known.end()) {
      add(sign->spoken);
    } else {
      const bool digits = is_digit(text[at]);
      while (
          end < text.size() && is_digit(text[end]) == digits &&
          std::none_of(known.begin(), known.end(), [&](const Sign& s) { return s.written[0] == text[end]; }))
        ++end;
      const std::string_view part = text.substr(at, end - at);
      add(digits ? number_or_year(part) : part == "www" ? "W.W.W" : part);
    }
    at = end;
  }
  return words;
}

std::string spell(std::string_view letters) {
  return fmt::format("{}", fmt::join(letters, "."));
}

std::string acronym(Groups g, std::string_view /*rest*/) {
  const auto known = spelled();
  const bool has_vowel = g[0].find_first_of("AEIOUY") != std::string_view::npos;
  const bool is_spelled = !has_vowel || std::find(known.begin(), known.end(), g[0]) != known.end();
  return is_spelled ? spell(g[0]) : std::string(g[0]);
}

std::string phone(Groups g, std::string_view /*rest*/) {
  std::vector<std::string> parts;
  for (const std::string_view part : g.subspan(1))
    if (!part.empty()) parts.push_back(digit_by_digit(part));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string version(Groups g, std::string_view /*rest*/) {
  std::string words;
  for (std::string_view rest = g[0]; !rest.empty();) {
    const std::size_t end = std::min(rest.find('.'), rest.size());
    words += (words.empty() ? "" : " dot ") + number(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return words;
}

std::string abbreviation(Groups g, std::string_view rest) {
  const Abbreviation& found = named(abbreviations(), g[1]);
  const bool at_end = rest.find_first_not_of(" \t\r\n\"')") == std::string_view::npos;
  return at_end || found.ending == Ending::may ? with_point(std::string(found.spoken), rest)
                                               : std::string(found.spoken);
}

/// "Dr." and "St." before a name, or behind one.
std::string doctor_or_drive(Groups g, std::string_view rest) {
  const bool before_name =
      rest.size() > 1 && rest[0] == ' ' && rest[1] >= 'A' && rest[1] <= 'Z' && !ends_sentence(rest);
  if (before_name) return g[1] == "Dr" ? "Doctor" : "Saint";
  return with_point(g[1] == "Dr" ? "Drive" : "Street", rest);
}

std::string dotted(Groups g, std::string_view rest) {
  return g[0].ends_with('.') ? with_point(std::string(g[0].substr(0, g[0].size() - 1)), rest)
                             : std::string(g[0]);
}

std::string decade(Groups g, std::string_view /*rest*/) {
  const std::string digits = fmt::format("{}0", g[1]);
  if (digits.size() == 2) return plural(cardinal(digits));
  return digits == "2000" ? "two thousands" : plural(year(digits));
}

}  // namespace

std::vector<Rule> english_rules() {
  const std::string n = fmt::format("({})", number_pattern), month_names = one_of(months()),
                    short_months = "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec",
                    half_day = R"((?:\s?([aApP])(?:[mM]\b|\.[mM]\.)))", unit_names = one_of(units()),
                    domains = "com|org|net|edu|gov|io|dev|ai|app|info|uk|de|fr|eu";
  using enum Start;
  return {
      {digit, R"((?:1[- ])?(\d{3})[-. ](\d{3})[-.](\d{4})(?![\d-]))", phone},
      {digit, R"((\d{3})-(\d{4})(?![\d-]))", phone},
      {digit, R"((\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?![\d-]))", date<1, 2, 3>},
      {digit, R"((1[0-2]|0?[1-9])/(3[01]|[12]\d|0?[1-9])/(\d{4}|\d{2})(?![\d/]))", date<3, 1, 2>},
      // A day that is no month stands first, as in Britain; a year stands first anywhere.
      {digit, R"((3[01]|2\d|1[3-9])/(1[0-2]|0?[1-9])/(\d{4}|\d{2})(?![\d/]))", date<3, 2, 1>},
      {digit, R"((1[1-9]\d{2}|20\d{2})/(1[0-2]|0?[1-9])/(3[01]|[12]\d|0?[1-9])(?![\d/]))", date<1, 2, 3>},
      {digit,
       fmt::format(
           R"((3[01]|[12]\d|[1-9])(?:st|nd|rd|th)?(?: of)? ({}|(?:{})\b\.?)(?:,? (\d{{4}})(?![\d,]|\.\d))?(?!\w))",
           month_names, short_months),
       [](Groups g, std::string_view) {
         std::string words = fmt::format("{} of {}", ordinal(g[1]), months()[month_named(g[2])]);
         return g[3].empty() ? words : fmt::format("{} {}", words, year(g[3]));
       }},
      {digit, R"(24/7\b)", [](Groups, std::string_view) -> std::string { return "twenty four seven"; }},
      {digit, fmt::format(R"(([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?(?![\d:]){}?)", half_day), time_of_day},
      {digit, fmt::format("(1[0-2]|[1-9]){}", half_day),
       [](Groups g, std::string_view rest) {
         const std::string words = cardinal(g[1]) + half_of_day(g[2]);
         return g[0].ends_with('.') ? with_point(words, rest) : words;
       }},
      {digit, R"(((?:1\d|20)\d)0['’]?s\b)", decade},
      {digit, R"((?<=\bthe |\bhis |\bher |\bour |\bmy |\byour |\btheir |\blate |\bearly |\bmid-)([2-9])0s\b)",
       decade},
      {digit, R"((\d{1,3}(?:,\d{3}){1,5}|\d{1,18})(?:st|nd|rd|th)\b)",
       [](Groups g, std::string_view) { return ordinal(without(g[1], ',')); }},
      {digit, R"((\d{1,9}) (\d{1,9})/(\d{1,9})(?![/\d]))",
       [](Groups g, std::string_view) {
         return fmt::format("{} and {}", cardinal(g[1]), fraction(g[2], g[3]));
       }},
      {digit, R"((\d{1,9})/(\d{1,9})(?![/\d]))",
       [](Groups g, std::string_view) { return fraction(g[1], g[2]); }},
      {digit, fmt::format(R"({}\s?(€|£|₹|(?:USD|EUR|GBP)\b))", n),
       [](Groups g, std::string_view) { return money(named(currencies(), g[2]), g[1], ""); }},
      {digit, fmt::format(R"({}[ -]?({})(?![\w²³/]))", n, unit_names),
       [](Groups g, std::string_view) {
         const Unit& unit = named(units(), g[2]);
         return fmt::format("{} {}", number(g[1]), g[1] == "1" ? unit.one : unit.many);
       }},
      {digit, fmt::format(R"({}(k|K|M|B|bn)\b)", n),
       [](Groups g, std::string_view) { return fmt::format("{} {}", number(g[1]), magnitude(g[2])); }},
      {digit, R"((\d{1,18}(?:\.\d{1,18})?)(?:-|\s?[–—]\s?)(?=\d))",
       [](Groups g, std::string_view) { return number_or_year(g[1]) + " to"; }},
      {digit, R"((\d{1,18})\s?[x×]\s?(?=\d))",
       [](Groups g, std::string_view) { return number_or_year(g[1]) + " by"; }},
      {digit, R"(\d{1,18}(?:\.\d{1,18}){2,8}(?!\d))", version},
      {digit, n, [](Groups g, std::string_view) { return number_or_year(g[1]); }},

      {letter, R"([\w+-]{1,64}(?:\.[\w+-]{1,64}){0,4}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4})",
       [](Groups g, std::string_view) { return address(g[0]); }},
      {letter, R"((?:https?|ftp)://([^\s<>"]{0,500}[\w/#=~&%+-]))",
       [](Groups g, std::string_view) { return address(g[1]); }},
      {letter,
       fmt::format(
           R"((?:www\.[^\s<>"]{{0,500}}[\w/]|(?:[\w-]{{1,63}}\.){{1,4}}(?:{})\b(?:/(?:[^\s<>"]{{0,500}}[\w/])?)?))",
           domains),
       [](Groups g, std::string_view) { return address(g[0]); }},
      {letter,
       fmt::format(
           R"(({}|(?:{})\b\.?) (3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?(?![\d:/%]|[.,]\d)(?:,? (\d{{4}})(?![\d,]|\.\d))?)",
           month_names, short_months),
       [](Groups g, std::string_view) { return month_and_day(month_named(g[1]), g[2], g[3]); }},
      {letter, fmt::format(R"(({})\. ?(?=\d))", one_of(numbered())),
       [](Groups g, std::string_view) { return std::string(named(numbered(), g[1]).spoken) + " "; }},
      {letter, R"((Dr|St)\.(?!\w))", doctor_or_drive},
      {letter, fmt::format(R"(({})\.(?!\w))", one_of(abbreviations())), abbreviation},
      {letter, R"((?:\p{L}\.){1,20}\p{L}\b\.?)", dotted},
      {letter, R"(\p{Lu}\.(?= \p{Lu}))", dotted},
      {letter, R"([A-Z]{2,5}(?![A-Za-z'’]))", acronym},
      {letter, R"(w/o\b)", [](Groups, std::string_view) -> std::string { return "without"; }},
      {letter, R"(w/)", [](Groups, std::string_view) -> std::string { return "with"; }},

      {other,
       fmt::format(
           R"(([$€£¥₹])\s?{}(?:\s?(hundred|thousand|million|billion|trillion)\b|(k|K|m|mn|M|b|B|bn)\b)?)", n),
       [](Groups g, std::string_view) {
         return money(named(currencies(), g[1]), g[2], g[3].empty() ? magnitude(g[4]) : g[3]);
       }},
      {other, R"((?<![\w)\]])[-−](?=[$€£¥₹]?\.?\d))",
       [](Groups, std::string_view) -> std::string { return "minus"; }},
      {other, R"((?<![\w.])\.(\d{1,40}))",
       [](Groups g, std::string_view) { return "point " + digit_by_digit(g[1]); }},
      {other, R"(#(?=\d))", [](Groups, std::string_view) -> std::string { return "number"; }},
      {other, R"((?<!\w)#(?=\p{L}))", [](Groups, std::string_view) -> std::string { return "hashtag"; }},
      {other, R"(~(?=\d))", [](Groups, std::string_view) -> std::string { return "about"; }},
      {other, R"((?<!\w)['’](\d)0s\b)", decade},
      {other, R"((?<=\s)-{1,3}(?=\s))", [](Groups, std::string_view) -> std::string { return "–"; }},
      {other, R"((?<=\w)—(?=\w))", [](Groups, std::string_view) -> std::string { return " — "; }},
      {other, R"(--{1,3})", [](Groups, std::string_view) -> std::string { return " – "; }},
  };
}

}  // namespace lp::speech
