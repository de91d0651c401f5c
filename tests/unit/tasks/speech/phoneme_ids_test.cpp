#include "tasks/speech/phoneme_ids.hpp"

#include "base/error.hpp"

#include <doctest/doctest.h>

namespace lp {
namespace {

using nlohmann::json;
using speech::PhonemeIds;
using Ids = std::vector<std::int32_t>;

json config() {
  return json::parse(
      R"({"phoneme_id_map": {"_": [0], "^": [1], "$": [2], " ": [3], "a": [4], "ɪ": [5], "ç": [6],
                         "c": [7], "\u0327": [8], "aɪ": [9, 10]}})");
}

}  // namespace

TEST_CASE("phonemes become the numbers of a voice, a pad behind each") {
  const PhonemeIds ids(config());
  std::set<std::string> unknown;
  CHECK(ids.ids("", unknown) == Ids{1, 0, 2});
  CHECK(ids.ids("a ɪ", unknown) == Ids{1, 0, 4, 0, 3, 0, 5, 0, 2});
  CHECK(ids.ids("ç", unknown) == Ids{1, 0, 7, 0, 8, 0, 2});  // accents apart
  CHECK(ids.ids("aɪ", unknown) == Ids{1, 0, 4, 0, 5, 0, 2});
  CHECK(unknown.empty());
  CHECK(ids.ids("xa鼻x", unknown) == Ids{1, 0, 4, 0, 2});
  CHECK(unknown == std::set<std::string>{"x", "鼻"});
}

TEST_CASE("phonemes with blanks between them, and an end") {
  const json words = json::parse(
      R"({"phoneme_type": "arpabet", "phoneme_id_map": {"AH0": [2], "L": [3], ",": [4], "<sos/eos>": [77]}})");
  std::set<std::string> unknown;
  CHECK(PhonemeIds(words).ids("L AH0 ,  AH0", unknown) == Ids{3, 2, 4, 2, 77});
  CHECK(PhonemeIds(words).ids("", unknown) == Ids{77});
  CHECK(unknown.empty());
  CHECK(PhonemeIds(words).ids("XX L", unknown) == Ids{3, 77});
  CHECK(unknown == std::set<std::string>{"XX"});
  CHECK_THROWS_WITH_AS(
      PhonemeIds(json::parse(R"({"phoneme_type": "arpabet", "phoneme_id_map": {"L": [3]}})")),
      "phoneme_id_map has no `<sos/eos>`", Error);
}

TEST_CASE("vowels that the voice joins are one phoneme") {
  json joined = config();
  joined["vowel_clusters"] = {{"a", "ɪ"}, {"a"}, "odd"};
  std::set<std::string> unknown;
  CHECK(PhonemeIds(joined).ids("aɪa", unknown) == Ids{1, 0, 9, 10, 0, 4, 0, 2});
}

TEST_CASE("a config without usable phonemes is refused") {
  CHECK_THROWS_WITH_AS(PhonemeIds{json::object()}, "the voice's config has no phoneme_id_map", Error);
  json lacking = config();
  lacking["phoneme_id_map"].erase("^");
  CHECK_THROWS_WITH_AS(PhonemeIds{lacking}, "phoneme_id_map has no `^`", Error);
  for (const json& bad : {json("x"), json(1), json::array({-1}), json::array({1.5}),
                          json::array({3'000'000'000}), json(std::vector<int>(17, 5))}) {
    json odd = config();
    odd["phoneme_id_map"]["a"] = bad;
    CHECK_THROWS_WITH_AS(PhonemeIds{odd}, "phoneme_id_map: `a` has no list of at most 16 numbers", Error);
  }
}

}  // namespace lp
