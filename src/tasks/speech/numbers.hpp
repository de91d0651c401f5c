#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace lp::speech {

/// English words for numbers, as they are said in America. `digits`: ASCII digits, at least one.

/// "342" -> "three hundred forty two". Beyond 18 digits they are said one by one.
std::string cardinal(std::string_view digits);

/// "21" -> "twenty first".
std::string ordinal(std::string_view digits);

/// "007" -> "zero zero seven".
std::string digit_by_digit(std::string_view digits);

/// "1984" -> "nineteen eighty four", "1905" -> "nineteen oh five", "1900" -> "nineteen hundred", "2007" ->
/// "two thousand seven", "2024" -> "twenty twenty four". Other than four digits: cardinal.
std::string year(std::string_view digits);

/// The plural of the last word: "nineteen eighty" -> "nineteen eighties", "fifth" -> "fifths".
std::string plural(std::string words);

}  // namespace lp::speech
