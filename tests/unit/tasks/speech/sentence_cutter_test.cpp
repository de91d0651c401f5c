#include "tasks/speech/sentence_cutter.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

namespace lp::speech {
namespace {

/// A text that comes in pieces of `size` bytes, and the sentences of it.
std::vector<std::string> cut(std::string_view text, std::size_t size) {
  SentenceCutter cutter;
  std::vector<std::string> sentences;
  for (std::size_t at = 0; at < text.size(); at += size) {
    cutter.add(text.substr(at, size));
    while (const auto sentence = cutter.next(false)) sentences.push_back(*sentence);
  }
  while (const auto sentence = cutter.next(true)) sentences.push_back(*sentence);
  return sentences;
}

}  // namespace

TEST_CASE("sentences are the same however the text comes") {
  const std::string_view text =
      "  Yes! The train leaves at 9.15, says Mr. Miller. \"Are you sure?\" Quite\nA list: "
      "one\n\n\u4f60\u597d\u3002\u518d\u89c1";
  const std::vector<std::string> wanted = {"Yes!",
                                           "The train leaves at 9.15, says Mr. Miller.",
                                           "\"Are you sure?\"",
                                           "Quite",
                                           "A list: one",
                                           "\u4f60\u597d\u3002",
                                           "\u518d\u89c1"};
  for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{7}, text.size()})
    CHECK(cut(text, size) == wanted);
}

TEST_CASE("a sentence is there as soon as it has ended") {
  SentenceCutter cutter;
  cutter.add("It is late. But");
  CHECK(cutter.next(false) == "It is late.");
  CHECK_FALSE(cutter.next(false));
  cutter.add(" not too late.");
  CHECK_FALSE(cutter.next(false));  // what follows the point may be a number's
  CHECK(cutter.next(true) == "But not too late.");
  CHECK_FALSE(cutter.next(true));
}

TEST_CASE("a text without marks is cut between words") {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "word ";
  const std::vector<std::string> sentences = cut(text, 50);
  CHECK(sentences.size() == 4);
  CHECK(std::ranges::all_of(sentences, [](const std::string& part) {
    return part.size() <= 600 && part.starts_with("word") && part.ends_with("word");
  }));
}

TEST_CASE("no text has no sentences") {
  CHECK(cut("", 1).empty());
  CHECK(cut(" \n \n", 1).empty());
}

}  // namespace lp::speech
