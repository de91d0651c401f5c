#include "tasks/transcripts/word_errors.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace lp::transcripts {
namespace {

// tests/acceptance/word_errors_equal_jiwer.py compares thousands with jiwer and with a plain matrix.
struct Case {
  std::string_view reference, found;
  std::size_t substitutions, deletions, insertions, words;
};

TEST_CASE("words that were changed, left out and put in") {
  constexpr std::array<Case, 9> cases = {{{"", "", 0, 0, 0, 0},
                                          {"", "a b", 0, 0, 2, 0},
                                          {"a b", "", 0, 2, 0, 2},
                                          {"a b c", "a b c", 0, 0, 0, 3},
                                          {"a b c", "a x c", 1, 0, 0, 3},
                                          {" a  b c ", "b\tc d", 0, 1, 1, 3},  // and not three changed ones
                                          {"a b", "b c", 0, 1, 1, 2},          // one right rather than none
                                          {"a b c d", "x b d e", 1, 1, 1, 4},
                                          {"the cat", "the the cat", 0, 0, 1, 2}}};
  for (const Case& one : cases) {
    const Errors errors = word_errors(one.reference, one.found);
    CHECK(errors.substitutions == one.substitutions);
    CHECK(errors.deletions == one.deletions);
    CHECK(errors.insertions == one.insertions);
    CHECK(errors.reference == one.words);
  }
}

TEST_CASE("characters are code points, spaces counted once or not at all") {
  CHECK(character_errors("a b", "ab", Spaces::counted).sum() == 1);
  CHECK(character_errors("a b", "ab", Spaces::left_out).sum() == 0);
  const Errors errors = character_errors(" \u4F60  \u597D ", "\u4F60\u597D", Spaces::counted);
  CHECK(errors.deletions == 1);
  CHECK(errors.reference == 3);
  CHECK(character_errors("\u00E9", "e", Spaces::counted).rate() == 1);
}

TEST_CASE("errors of several texts add up") {
  Errors all = word_errors("a b c", "a x c");
  all += word_errors("d", "d e");
  CHECK(all.sum() == 2);
  CHECK(all.rate() == 0.5);
}

TEST_CASE("long texts with few errors are compared in a narrow band") {
  std::string reference, found;  // a matrix would have 10^12 numbers
  for (int i = 0; i < 1'000'000; ++i) {
    const char c = static_cast<char>('a' + i * 7 % 26);
    reference += c;
    if (i % 100'000 != 5) found += c;
    if (i % 200'000 == 9) found += '!';
  }
  const Errors errors = character_errors(reference, found, Spaces::counted);
  CHECK(errors.deletions == 10);
  CHECK(errors.insertions == 5);
  CHECK(errors.substitutions == 0);
}

}  // namespace
}  // namespace lp::transcripts
