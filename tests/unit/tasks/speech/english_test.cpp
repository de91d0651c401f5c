#include "tasks/speech/english.hpp"

#include "unit/tasks/speech/cases.hpp"

#include <doctest/doctest.h>

#include <ctime>

namespace lp {

TEST_CASE("English text is said as tests/speech/english.test has it") {
  for (const auto& [written, said] : test::speech_cases("english.test")) {
    CAPTURE(written);
    CHECK(speech::spoken_english(written) == said);
  }
}

TEST_CASE("the time for a text is linear, whatever is in it") {
  const auto seconds_for = [](std::string_view piece) {
    std::string text;
    while (text.size() < 200'000) text += piece;
    const std::clock_t begin = std::clock();  // of the processor: other programs do not count
    CHECK_FALSE(speech::spoken_english(text).empty());
    return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  };
  for (const char* const piece : {"word ", "a", "1", "1,", "1.", "a.", "A. ", "-", ".", "a@", "a-", "x1",
                                  "$1", "\xC3\xA9", "1/1 ", "\xFF"}) {
    CAPTURE(std::string(piece));
    CHECK(seconds_for(piece) < 20);  // measured: 0.8 at most
  }
}

}  // namespace lp
