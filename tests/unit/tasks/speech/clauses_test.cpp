#include "tasks/speech/clauses.hpp"

#include "tasks/speech/english.hpp"
#include "unit/tasks/speech/cases.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

namespace lp {
namespace {

using speech::Clause, speech::ClauseReader;

std::string clauses_of(std::string_view text) {
  std::string all;
  ClauseReader reader(text);
  while (const auto clause = reader.next()) {
    all.append("[").append(clause->text).append("|").append(clause->after);
    all += clause->ends_sentence ? "|]" : "]";
  }
  return all;
}

}  // namespace

TEST_CASE("clauses are those of tests/speech/clauses.test") {
  for (const auto& [written, said] : test::speech_cases("clauses.test")) {
    CAPTURE(written);
    CHECK(clauses_of(written) == said);
  }
}

TEST_CASE("a long clause is cut between words, one word anywhere, and nothing is lost") {
  for (const std::string_view piece : {"word ", "word", "\xC3\xA9"}) {
    std::string text, joined;
    while (text.size() < 20000) text += piece;
    ClauseReader reader(text);
    std::size_t longest = 0;
    while (const auto clause = reader.next()) {
      longest = std::max(longest, clause->text.size());
      joined += clause->text + (piece.ends_with(' ') ? " " : "");
    }
    CHECK(longest <= 604);
    CHECK(joined == text);
  }
}

TEST_CASE("the first clause needs only the beginning of the text to be spoken") {
  const std::string text = [] {
    std::string all;
    for (int i = 0; i < 100'000; ++i) all += "Some words, and more. ";
    return all;
  }();
  std::size_t spoken = 0;
  ClauseReader reader(text, [&](std::string_view part) {
    spoken += part.size();
    return speech::spoken_english(part);
  });
  CHECK(reader.next() == Clause{"Some words,", ", ", false});
  CHECK(spoken < 5000);
}

TEST_CASE("text that is spoken in parts is cut behind sentences") {
  std::string text = "x";
  for (int i = 0; i < 500; ++i)
    text += " Dr. Smith paid $5 to number " + std::to_string(i % 10) + ". Thanks.";
  ClauseReader reader(text, speech::spoken_english);
  std::string all;
  while (const auto clause = reader.next()) all += clause->text + " ";
  CHECK(all.find("Drive") == std::string::npos);
  CHECK(all.find('5') == std::string::npos);
}

TEST_CASE("a megabyte is cut in linear time") {
  for (const std::string_view piece : {"a. ", ".", "a", "\n", "\"", "a.\"", "— ", "…"}) {
    CAPTURE(std::string(piece));
    std::string text;
    while (text.size() < 1'000'000) text += piece;
    const auto begin = std::chrono::steady_clock::now();
    ClauseReader reader(text);
    while (reader.next()) {
    }
    CHECK(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() < 20);
  }
}

}  // namespace lp
