#include "tasks/streaming/agreement.hpp"

#include <doctest/doctest.h>

#include <string>

namespace lp {
namespace {

/// Words of half a second each, from `start` on.
std::vector<StreamWord> words(const std::vector<std::string>& texts, double start = 0) {
  std::vector<StreamWord> made;
  for (const std::string& text : texts) {
    made.push_back({text, start, start + 0.5, {}});
    start += 0.5;
  }
  return made;
}

std::string joined(const std::vector<StreamWord>& words) {
  std::string text;
  for (const StreamWord& word : words) text += word.word;
  return text;
}

constexpr double late = 100;  // seconds: nothing is too young

}  // namespace

TEST_CASE("words are the same whatever their case and marks") {
  CHECK(is_same_word(" Country,", " country."));
  CHECK(is_same_word("it's", " its"));
  CHECK_FALSE(is_same_word(" ask", " asked"));
  CHECK(is_same_word(" -", " -"));
  CHECK_FALSE(is_same_word(" -", " ..."));
  CHECK_FALSE(is_same_word("\u00e9t\u00e9", "t"));
}

TEST_CASE("what two hearings in a row begin with is agreed on, as it was heard last") {
  Agreement agreement;
  CHECK(agreement.add(words({" And", " so", " my", " phone"}), late).empty());
  CHECK(joined(agreement.open()) == " And so my phone");
  CHECK(joined(agreement.add(words({" and", " so,", " my", " fellow"}), late)) == " and so, my");
  CHECK(joined(agreement.open()) == " fellow");
  SUBCASE("a hearing that differs at once puts it off") {
    CHECK(agreement.add(words({" fell", " low"}, 1.5), late).empty());
    CHECK(agreement.add(words({" fellow", " Americans"}, 1.5), late).empty());
    CHECK(joined(agreement.add(words({" fellow", " Americans"}, 1.5), late)) == " fellow Americans");
    CHECK(agreement.open().empty());
  }
  SUBCASE("a hearing without words forgets what was open") {
    CHECK(agreement.add({}, late).empty());
    CHECK(agreement.open().empty());
    CHECK(agreement.add(words({" fellow"}, 1.5), late).empty());
  }
}

TEST_CASE("words that end late stay open, whoever agrees") {
  Agreement agreement;
  CHECK(agreement.add(words({" ask", " not"}), 0.6).empty());
  CHECK(joined(agreement.add(words({" ask", " not"}), 0.6)) == " ask");
  CHECK(joined(agreement.add(words({" not", " what"}, 0.5), 0.9)).empty());
  CHECK(joined(agreement.add(words({" not", " what"}, 0.5), 1.0)) == " not");
}

TEST_CASE("what is open becomes final where nothing more is heard") {
  Agreement agreement;
  agreement.add(words({" for", " your", " country."}), 0);
  CHECK(joined(agreement.take_until(1.2)) == " for your");
  CHECK(joined(agreement.open()) == " country.");
  CHECK(joined(agreement.take_until(late)) == " country.");
  CHECK(agreement.take_until(late).empty());
}

}  // namespace lp
