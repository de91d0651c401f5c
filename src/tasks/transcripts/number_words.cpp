#include "tasks/transcripts/number_words.hpp"

#include <array>
#include <string_view>

namespace lp::transcripts {
namespace {

using Words = std::unordered_map<std::u32string, NumberWord>;

void add_number(Words& words, NumberKind kind, const std::u32string& word, std::u32string_view digits,
                std::u32string_view suffix = {}) {
  words[word] = {.kind = kind, .digits = std::u32string(digits), .suffix = std::u32string(suffix)};
}

/// "one" to "nineteen", "ones", "first".
void add_ones(Words& words) {
  struct Number {
    std::u32string_view name, digits, ordinal = {}, suffix = U"th";
  };
  constexpr std::array<Number, 19> ones = {{{U"one", U"1", U"first", U"st"},
                                            {U"two", U"2", U"second", U"nd"},
                                            {U"three", U"3", U"third", U"rd"},
                                            {U"four", U"4"},
                                            {U"five", U"5", U"fifth"},
                                            {U"six", U"6"},
                                            {U"seven", U"7"},
                                            {U"eight", U"8", U"eighth"},
                                            {U"nine", U"9"},
                                            {U"ten", U"10"},
                                            {U"eleven", U"11"},
                                            {U"twelve", U"12", U"twelfth"},
                                            {U"thirteen", U"13"},
                                            {U"fourteen", U"14"},
                                            {U"fifteen", U"15"},
                                            {U"sixteen", U"16"},
                                            {U"seventeen", U"17"},
                                            {U"eighteen", U"18"},
                                            {U"nineteen", U"19"}}};
  for (const Number& one : ones) {
    const std::u32string name(one.name);
    add_number(words, NumberKind::one, name, one.digits);
    add_number(words, NumberKind::one, name + (name == U"six" ? U"es" : U"s"), one.digits, U"s");
    add_number(words, NumberKind::one, one.ordinal.empty() ? name + U"th" : std::u32string(one.ordinal),
               one.digits, one.suffix);
  }
  add_number(words, NumberKind::one, U"zeroth", U"0", U"th");
}

/// "twenty", "twenties", "twentieth".
void add_tens(Words& words) {
  constexpr std::array<std::u32string_view, 8> stems = {U"twent", U"thirt",  U"fort",  U"fift",
                                                        U"sixt",  U"sevent", U"eight", U"ninet"};
  char32_t first = U'2';
  for (const std::u32string_view name : stems) {
    const std::u32string stem(name), digits = {first++, U'0'};
    add_number(words, NumberKind::ten, stem + U"y", digits);
    add_number(words, NumberKind::ten, stem + U"ies", digits, U"s");
    add_number(words, NumberKind::ten, stem + U"ieth", digits, U"th");
  }
}

/// "hundred" to "decillion", "hundreds", "hundredth".
void add_multipliers(Words& words) {
  struct Multiplier {
    std::u32string_view name;
    std::size_t zeros;
  };
  constexpr std::array<Multiplier, 12> multipliers = {{{U"hundred", 2},
                                                       {U"thousand", 3},
                                                       {U"million", 6},
                                                       {U"billion", 9},
                                                       {U"trillion", 12},
                                                       {U"quadrillion", 15},
                                                       {U"quintillion", 18},
                                                       {U"sextillion", 21},
                                                       {U"septillion", 24},
                                                       {U"octillion", 27},
                                                       {U"nonillion", 30},
                                                       {U"decillion", 33}}};
  for (const auto& [word, zeros] : multipliers) {
    const std::u32string name(word), digits = std::u32string(U"1").append(zeros, U'0');
    for (const std::u32string suffix : {U"", U"s", U"th"})
      words[name + suffix] = {
          .kind = NumberKind::multiplier, .digits = digits, .suffix = suffix, .times = zeros};
  }
}

/// What stands before or behind a number.
void add_companions(Words& words) {
  using enum NumberKind;
  for (const char32_t* const name : {U"minus", U"negative"}) words[name] = {.kind = sign, .symbol = U"-"};
  for (const char32_t* const name : {U"plus", U"positive"}) words[name] = {.kind = sign, .symbol = U"+"};
  for (const char32_t* const name : {U"pound", U"pounds"}) words[name] = {.kind = currency, .symbol = U"£"};
  for (const char32_t* const name : {U"euro", U"euros"}) words[name] = {.kind = currency, .symbol = U"€"};
  for (const char32_t* const name : {U"dollar", U"dollars"}) words[name] = {.kind = currency, .symbol = U"$"};
  for (const char32_t* const name : {U"cent", U"cents"}) words[name] = {.kind = currency, .symbol = U"¢"};
  words[U"percent"] = {.kind = percent};
  words[U"per"] = {.kind = per};
  words[U"and"] = {.kind = conjunction};
  words[U"double"] = {.kind = repetition, .times = 2};
  words[U"triple"] = {.kind = repetition, .times = 3};
  words[U"point"] = {.kind = point};
}

}  // namespace

Words number_words() {
  Words words;
  for (const char32_t* const name : {U"o", U"oh", U"zero"}) add_number(words, NumberKind::zero, name, U"0");
  add_ones(words);
  add_tens(words);
  add_multipliers(words);
  add_companions(words);
  return words;
}

}  // namespace lp::transcripts
