#pragma once
#include <span>
#include <string_view>

namespace lp::speech {

/// What is written and how it is said: "&" is "and".
struct Sign {
  std::string_view written, spoken;
};

/// Whether a point behind an abbreviation may end the sentence as well.
enum class Ending { never, may };

/// "Dr." is "Doctor".
struct Abbreviation {
  std::string_view written, spoken;  // without the last point
  Ending ending = Ending::never;
};
std::span<const Abbreviation> abbreviations();

/// "p." before a number is "page"; without the last point.
std::span<const Sign> numbered();

/// "kg" is "kilogram", more of them "kilograms".
struct Unit {
  std::string_view written, one, many;
};
std::span<const Unit> units();

/// "$" is "dollar", a hundredth of it "cent".
struct Currency {
  std::string_view written, one, many, part, parts;
};
std::span<const Currency> currencies();

/// Single characters.
std::span<const Sign> signs();

/// The signs in an address of the net.
std::span<const Sign> address_signs();

/// January to December.
std::span<const std::string_view> months();

/// Words in capitals that are spelled though they could be said as words.
std::span<const std::string_view> spelled();

/// Words that begin a sentence rather than go on with a name.
std::span<const std::string_view> starters();

}  // namespace lp::speech
