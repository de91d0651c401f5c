#include "tasks/transcripts/normalizer.hpp"

#include <doctest/doctest.h>

#include <array>

namespace lp::transcripts {
namespace {

// Every rule once, with what openai/whisper gives; tests/acceptance/words_equal_whisper.py has thousands
// more.
struct Case {
  std::string_view text, normalized;
};

TEST_CASE("English texts are written in one way") {
  constexpr std::array<Case, 46> cases = {{
      {"", ""},
      {"  Hello,   World!  ", "hello world"},
      {"He said (quietly) [noise] <unk> yes", "he said yes"},
      {"no end ( of it [ at all", "no end of it at all"},
      {"Um, well, uh, hmm. Mhm!", "well"},
      {"summer", "summer"},
      {"I won't, can't and shan't", "i will not can not and sha not"},
      {"it 's what they'd've", "it is what they would have"},
      {"she's gone; he'd been", "she has gone he had been"},
      {"Mr. and Mrs. St. John, Jr.", "mister and missus saint john junior"},
      {"gonna wanna y'all", "going to want to you all"},
      {"The colour of aluminium", "the color of aluminum"},
      {"archaeology", "archeology</span>"},  // as published
      {"na\u00EFve \u00E6on Stra\u00DFe \u0141\u00F3d\u017A", "naive eon strasse lodz"},
      {"\uFB01nd \u2460 \u210C", "find one H"},
      {"\u039F\u03B4\u03BF\u03A3 \u0391\u03A3", "\u03BF\u03B4\u03BF\u03C2 \u03B1\u03C2"},
      {"twenty twenty four", "2024"},
      {"nineteen eighty four", "1984"},
      {"one oh one", "101"},
      {"one hundred and five", "105"},
      {"two million three hundred thousand and one", "2300001"},
      {"two hundred thousand million", "200000"},
      {"five hundred million billion", "500000000"},
      {"9 decillion", "9000000000000000000000000000000000"},
      {"two point five million", "2500000"},
      {"1.25 thousand", "1250"},
      {"1.2345 thousand", "one.2345 1000"},
      {"three and a half thousand", "3500"},
      {"a dog and a half", "a dog and a half"},
      {"the twenty first of the nineteen sixties", "the 21st of the 1960s"},
      {"the first of twelve fifths", "the 1st of 12 fifths"},
      {"double oh seven, triple nine", "007999"},
      {"minus five or plus", "-5 or plus"},
      {"twenty dollars", "$20"},
      {"$20 million", "$20000000"},
      {"two dollars and seven cents", "$2.07"},
      {"$0.50", "\u00A250"},
      {"fifty percent, 10 per cent, per head", "50% 10% per head"},
      {"1,234,567.89", "1234567.89"},
      {"1,2,3", "12 3"},
      {"the 1960 s and the 3 rd", "the 1960s and the 3rd"},
      {"mp3 4k", "mp 3 4 k"},
      {"1 of 1s", "one of ones"},
      {"007", "7"},
      {"\u0661\u0662 \u0661.\u0665", "12 one 5"},
      {"$ and % and .", " and and"},
  }};
  const Normalizer normalizer;
  for (const auto& [text, normalized] : cases) CHECK(normalizer.normalized(text, "en") == normalized);
}

TEST_CASE("other languages lose case, brackets and symbols, and some are cut into letters") {
  const Normalizer normalizer;
  CHECK(normalizer.normalized("Das \u00DCbel [L\u00E4rm] (leise), \u201Cja\u201D!", "de") ==
        "das \u00FCbel ja ");
  CHECK(normalizer.normalized("fifty dollars", "de") == "fifty dollars");
  CHECK(normalizer.normalized("\u4F60\u597D\uFF0C\u4E16\u754C", "zh") == "\u4F60 \u597D \u4E16 \u754C");
  CHECK(normalizer.normalized("\u4F60\u597D\uFF0C\u4E16\u754C", "ko") == "\u4F60\u597D \u4E16\u754C");
}

TEST_CASE("bytes that are no UTF-8 are a character that nobody says") {
  CHECK(Normalizer().normalized("a\xFF"
                                "b",
                                "en") == "a b");
}

TEST_CASE("a million characters take no time") {
  const Normalizer normalizer;
  for (const std::string_view part : {"(", "<", "o ", "1", "1 ", " '", "and a ", "\u03A3'"}) {
    std::string text;
    while (text.size() < 1'000'000) text += part;
    CHECK(normalizer.english(text).size() < 2 * text.size());
  }
}

}  // namespace
TEST_CASE("whether a text has spaces between words") {
  CHECK(transcripts::has_spaces("and so my fellow Americans"));
  CHECK(transcripts::has_spaces("Donaudampfschifffahrt heute"));
  CHECK_FALSE(transcripts::has_spaces("吾輩は猫である。名前はまだ無い。"));
  CHECK_FALSE(transcripts::has_spaces("他说你好。 然后他走了，没有再回来过这个地方。"));
}

}  // namespace lp::transcripts
