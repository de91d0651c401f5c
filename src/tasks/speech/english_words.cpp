#include "tasks/speech/english_words.hpp"

#include <array>

namespace lp::speech {

std::span<const Abbreviation> abbreviations() {
  static constexpr std::array list = {
      Abbreviation{"Mr", "Mister"}, Abbreviation{"Mrs", "Missus"}, Abbreviation{"Ms", "Miz"},
      Abbreviation{"Prof", "Professor"}, Abbreviation{"Gen", "General"}, Abbreviation{"Sen", "Senator"},
      Abbreviation{"Rep", "Representative"}, Abbreviation{"Gov", "Governor"}, Abbreviation{"Capt", "Captain"},
      Abbreviation{"Lt", "Lieutenant"}, Abbreviation{"Col", "Colonel"}, Abbreviation{"Sgt", "Sergeant"},
      Abbreviation{"Rev", "Reverend"}, Abbreviation{"Hon", "Honorable"}, Abbreviation{"Pres", "President"},
      Abbreviation{"Mt", "Mount"}, Abbreviation{"Ft", "Fort"}, Abbreviation{"Jr", "Junior", Ending::may},
      Abbreviation{"Sr", "Senior", Ending::may}, Abbreviation{"Inc", "Incorporated", Ending::may},
      Abbreviation{"Ltd", "Limited", Ending::may}, Abbreviation{"Corp", "Corporation", Ending::may},
      Abbreviation{"Co", "Company", Ending::may}, Abbreviation{"Bros", "Brothers", Ending::may},
      Abbreviation{"Ave", "Avenue", Ending::may}, Abbreviation{"Blvd", "Boulevard", Ending::may},
      Abbreviation{"Rd", "Road", Ending::may}, Abbreviation{"Dept", "Department", Ending::may},
      Abbreviation{"Univ", "University", Ending::may}, Abbreviation{"etc", "et cetera", Ending::may},
      Abbreviation{"vs", "versus"}, Abbreviation{"approx", "approximately"},
      Abbreviation{"e.g", "for example"}, Abbreviation{"i.e", "that is"}, Abbreviation{"cf", "compare"},
      Abbreviation{"est", "established"},
      // "Sun." is more often the star.
      Abbreviation{"Mon", "Monday"}, Abbreviation{"Tue", "Tuesday"}, Abbreviation{"Tues", "Tuesday"},
      Abbreviation{"Wed", "Wednesday"}, Abbreviation{"Thu", "Thursday"}, Abbreviation{"Thurs", "Thursday"},
      Abbreviation{"Fri", "Friday"}, Abbreviation{"Sat", "Saturday"}, Abbreviation{"Jan", "January"},
      Abbreviation{"Feb", "February"}, Abbreviation{"Apr", "April"}, Abbreviation{"Aug", "August"},
      Abbreviation{"Sept", "September"}, Abbreviation{"Sep", "September"}, Abbreviation{"Oct", "October"},
      Abbreviation{"Nov", "November"}, Abbreviation{"Dec", "December"}};
  return list;
}

std::span<const Sign> numbered() {
  static constexpr std::array list = {
      Sign{"No", "number"},     Sign{"Nr", "number"},  Sign{"p", "page"},      Sign{"pp", "pages"},
      Sign{"vol", "volume"},    Sign{"Vol", "volume"}, Sign{"fig", "figure"},  Sign{"Fig", "figure"},
      Sign{"ch", "chapter"},    Sign{"Ch", "chapter"}, Sign{"sec", "section"}, Sign{"Sec", "section"},
      Sign{"ext", "extension"}, Sign{"Mar", "March"}};
  return list;
}

std::span<const Unit> units() {
  static constexpr std::array list = {Unit{"km/h", "kilometer per hour", "kilometers per hour"},
                                      Unit{"m/s", "meter per second", "meters per second"},
                                      Unit{"mph", "mile per hour", "miles per hour"},
                                      Unit{"km", "kilometer", "kilometers"},
                                      Unit{"cm", "centimeter", "centimeters"},
                                      Unit{"mm", "millimeter", "millimeters"},
                                      Unit{"m", "meter", "meters"},
                                      Unit{"mi", "mile", "miles"},
                                      Unit{"ft", "foot", "feet"},
                                      Unit{"yd", "yard", "yards"},
                                      Unit{"kg", "kilogram", "kilograms"},
                                      Unit{"mg", "milligram", "milligrams"},
                                      Unit{"g", "gram", "grams"},
                                      Unit{"lbs", "pound", "pounds"},
                                      Unit{"lb", "pound", "pounds"},
                                      Unit{"oz", "ounce", "ounces"},
                                      Unit{"ml", "milliliter", "milliliters"},
                                      Unit{"mL", "milliliter", "milliliters"},
                                      Unit{"l", "liter", "liters"},
                                      Unit{"L", "liter", "liters"},
                                      Unit{"ms", "millisecond", "milliseconds"},
                                      Unit{"s", "second", "seconds"},
                                      Unit{"sec", "second", "seconds"},
                                      Unit{"min", "minute", "minutes"},
                                      Unit{"h", "hour", "hours"},
                                      Unit{"hr", "hour", "hours"},
                                      Unit{"hrs", "hour", "hours"},
                                      Unit{"kB", "kilobyte", "kilobytes"},
                                      Unit{"KB", "kilobyte", "kilobytes"},
                                      Unit{"MB", "megabyte", "megabytes"},
                                      Unit{"GB", "gigabyte", "gigabytes"},
                                      Unit{"TB", "terabyte", "terabytes"},
                                      Unit{"Hz", "hertz", "hertz"},
                                      Unit{"kHz", "kilohertz", "kilohertz"},
                                      Unit{"MHz", "megahertz", "megahertz"},
                                      Unit{"GHz", "gigahertz", "gigahertz"},
                                      Unit{"W", "watt", "watts"},
                                      Unit{"kW", "kilowatt", "kilowatts"},
                                      Unit{"MW", "megawatt", "megawatts"},
                                      Unit{"kWh", "kilowatt hour", "kilowatt hours"},
                                      Unit{"V", "volt", "volts"},
                                      Unit{"dB", "decibel", "decibels"},
                                      Unit{"°C", "degree Celsius", "degrees Celsius"},
                                      Unit{"°F", "degree Fahrenheit", "degrees Fahrenheit"},
                                      Unit{"°", "degree", "degrees"},
                                      Unit{"m²", "square meter", "square meters"},
                                      Unit{"km²", "square kilometer", "square kilometers"},
                                      Unit{"m³", "cubic meter", "cubic meters"},
                                      Unit{"%", "percent", "percent"},
                                      Unit{"‰", "per mille", "per mille"}};
  return list;
}

std::span<const Currency> currencies() {
  static constexpr std::array list = {Currency{"$", "dollar", "dollars", "cent", "cents"},
                                      Currency{"€", "euro", "euros", "cent", "cents"},
                                      Currency{"£", "pound", "pounds", "penny", "pence"},
                                      Currency{"¥", "yen", "yen", "", ""},
                                      Currency{"₹", "rupee", "rupees", "paisa", "paise"},
                                      Currency{"USD", "dollar", "dollars", "cent", "cents"},
                                      Currency{"EUR", "euro", "euros", "cent", "cents"},
                                      Currency{"GBP", "pound", "pounds", "penny", "pence"}};
  return list;
}

std::span<const Sign> signs() {
  static constexpr std::array list = {
      Sign{"&", "and"}, Sign{"@", "at"}, Sign{"+", "plus"}, Sign{"=", "equals"}, Sign{"%", "percent"},
      Sign{"<", "less than"}, Sign{">", "greater than"}, Sign{"×", "times"}, Sign{"÷", "divided by"},
      Sign{"±", "plus or minus"}, Sign{"≈", "approximately"}, Sign{"≤", "at most"}, Sign{"≥", "at least"},
      Sign{"≠", "does not equal"}, Sign{"√", "square root of"}, Sign{"∞", "infinity"}, Sign{"→", "to"},
      Sign{"°", "degrees"}, Sign{"©", "copyright"}, Sign{"®", "registered"}, Sign{"™", "trademark"},
      Sign{"§", "section"}, Sign{"¶", "paragraph"}, Sign{"½", "one half"}, Sign{"¼", "one quarter"},
      Sign{"¾", "three quarters"}, Sign{"⅓", "one third"}, Sign{"⅔", "two thirds"}, Sign{"²", "squared"},
      Sign{"³", "cubed"}, Sign{"$", "dollar"}, Sign{"€", "euro"}, Sign{"£", "pound"}, Sign{"¥", "yen"},
      // of markup: not said
      Sign{"*", ""}, Sign{"_", ""}, Sign{"|", ""}, Sign{"\\", ""}, Sign{"^", ""}, Sign{"`", ""},
      Sign{"~", ""}, Sign{"#", ""}, Sign{"/", ""}, Sign{"•", ""}, Sign{"·", ""}};
  return list;
}

std::span<const Sign> address_signs() {
  static constexpr std::array list = {Sign{".", "dot"},           Sign{"/", "slash"},      Sign{"@", "at"},
                                      Sign{"-", "dash"},          Sign{"_", "underscore"}, Sign{":", "colon"},
                                      Sign{"?", "question mark"}, Sign{"=", "equals"},     Sign{"&", "and"},
                                      Sign{"#", "hash"},          Sign{"%", "percent"},    Sign{"+", "plus"},
                                      Sign{"~", "tilde"}};
  return list;
}

std::span<const std::string_view> months() {
  static constexpr std::array<std::string_view, 12> list = {"January",   "February", "March",    "April",
                                                            "May",       "June",     "July",     "August",
                                                            "September", "October",  "November", "December"};
  return list;
}

std::span<const std::string_view> spelled() {
  static constexpr std::array<std::string_view, 31> list = {
      "USA", "UK",  "EU",  "UN",  "AI",   "API", "URL", "ID",  "CEO", "CIA", "FBI",
      "CPU", "GPU", "IBM", "UFO", "DIY",  "AC",  "IP",  "IT",  "GUI", "UI",  "UX",
      "IQ",  "VIP", "FAQ", "MIT", "UCLA", "ATM", "DNA", "RNA", "SUV"};
  return list;
}

std::span<const std::string_view> starters() {
  static constexpr std::array<std::string_view, 30> list = {
      "The",  "A",    "An",    "He",    "She",   "It",    "We",      "They", "You",  "I",
      "This", "That", "These", "Those", "There", "But",   "And",     "So",   "Then", "Or",
      "If",   "In",   "On",    "At",    "When",  "While", "However", "What", "Why",  "How"};
  return list;
}

}  // namespace lp::speech
