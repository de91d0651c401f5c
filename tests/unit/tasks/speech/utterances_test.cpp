#include "tasks/speech/utterances.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace lp {
namespace {

using nlohmann::json;
using speech::Phonemizer, speech::Pronunciation, speech::Utterance, speech::UtteranceReader;

/// Pronounces every letter as the small one, and nothing else.
class Letters final : public Phonemizer {
 public:
  std::string phonemes(std::string_view clause) override {
    ++clauses;
    std::string kept;
    for (const char c : lower(clause))
      if ((c >= 'a' && c <= 'z') || (c == ' ' && !kept.empty())) kept += c;
    return kept;
  }
  int clauses = 0;
};

json config() {
  json map = {{"_", {0}}, {"^", {1}}, {"$", {2}}};
  std::int32_t id = 3;
  for (const char c : std::string(" .,?!:;abcdefghijklmnopqrstuvwxy")) map[std::string(1, c)] = {id++};
  return {{"phoneme_id_map", map}};
}

std::vector<std::string> utterances_of(const std::string& text) {
  Pronunciation letters(config(), std::make_unique<Letters>(), false);
  UtteranceReader reader(text, letters);
  std::vector<std::string> all;
  while (const auto utterance = reader.next())
    all.push_back(utterance->phonemes + (utterance->ends_sentence ? "" : "|"));
  return all;
}

/// The next one, or one of nothing.
Utterance next(UtteranceReader& reader) {
  return reader.next().value_or(Utterance{});
}

using Ids = std::vector<std::int32_t>;
using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("an utterance is a sentence") {
  CHECK(utterances_of("One, two. Three! four") == Texts{"one, two.", "three!", "four"});
  CHECK(utterances_of("").empty());
  CHECK(utterances_of(" ... \n\n 12, 5!").empty());
  CHECK(utterances_of("12. one, 5.") == Texts{"one, "});
}

TEST_CASE("a long first sentence is cut behind its first clause, and no other") {
  const std::string clause = "some words that go on", more = ", and on, and on, and on, and on, and on.";
  CHECK(utterances_of(clause + more + " S" + clause.substr(1) + more) ==
        Texts{clause + ",|", more.substr(2), clause + more});
  CHECK(utterances_of("a, b, " + clause + more) == Texts{"a, b, " + clause + ",|", more.substr(2)});
  CHECK(utterances_of(clause + ", it ends.") == Texts{clause + ", it ends."});
}

TEST_CASE("what is too long for one run is cut behind clauses, and nothing is lost") {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "some words, ";
  text += "the end.";
  std::string all;
  for (const std::string& part : utterances_of(text)) {
    CHECK(part.size() < 410);
    all += part.ends_with('|') ? part.substr(0, part.size() - 1) + " " : part;
  }
  CHECK(all == text);
}

TEST_CASE("a clause that is too long for one run is cut between words, or anywhere") {
  /// Says a character in many words, as espeak-ng says signs of scripts that it does not know.
  class Wordy final : public Phonemizer {
   public:
    explicit Wordy(std::string_view word) : word_(word) {}
    std::string phonemes(std::string_view clause) override {
      std::string all;
      for (std::size_t i = 0; i < clause.size(); ++i) all += word_;
      return all;
    }

   private:
    std::string_view word_;
  };
  for (const std::string_view word : {"chinese letter ", "chineseletter"}) {
    Pronunciation wordy(config(), std::make_unique<Wordy>(word), false);
    const std::string text(500, 'x');
    UtteranceReader reader(text, wordy);
    std::size_t count = 0;
    while (const auto utterance = reader.next()) {
      CHECK(utterance->ids.size() <= 803);
      count += utterance->phonemes.size() + (word.ends_with(' ') ? 1 : 0);
    }
    CHECK(count == doctest::Approx(500 * static_cast<double>(word.size())).epsilon(0.001));
  }
}

TEST_CASE("only the first sentence is pronounced before the first utterance is there") {
  std::string text;
  for (int i = 0; i < 10000; ++i) text += "Some words, and more. ";
  auto letters = std::make_unique<Letters>();
  const Letters& watched = *letters;
  Pronunciation pronunciation(config(), std::move(letters), false);
  UtteranceReader reader(text, pronunciation);
  CHECK(next(reader).phonemes == "some words, and more.");
  CHECK(watched.clauses == 2);
}

TEST_CASE("phonemes that a voice does not have are left out and told") {
  Pronunciation letters(config(), std::make_unique<Letters>(), false);
  UtteranceReader reader("az. Zb", letters);
  CHECK(next(reader).ids == Ids{1, 0, 10, 0, 4, 0, 2});  // ^ _ a _ . _ $
  CHECK(next(reader).ids == Ids{1, 0, 11, 0, 2});
  CHECK(reader.unknown() == std::set<std::string>{"z"});
}

TEST_CASE("a voice of letters needs no espeak-ng, one of other phonemes is refused") {
  json voice = config();
  voice["phoneme_type"] = "text";
  Pronunciation letters(voice);
  UtteranceReader reader("one, two. Three", letters);
  CHECK(next(reader).phonemes == "one, two.");
  CHECK(next(reader).phonemes == "Three");
  voice["phoneme_type"] = "pinyin";
  CHECK_THROWS_WITH_AS(Pronunciation{voice},
                       "the voice wants phonemes of the kind `pinyin`; espeak, arpabet and text are there",
                       Error);
  voice["phoneme_type"] = "espeak";
  CHECK_THROWS_WITH_AS(Pronunciation{voice}, "the voice's config names no voice of espeak-ng", Error);
}

/// Each letter is a phoneme.
class Spelled final : public Phonemizer {
 public:
  std::string phonemes(std::string_view clause) override {
    std::string all;
    for (const char c : clause)
      if (c >= 'a' && c <= 'z') all.append(all.empty() ? "" : " ").append(1, c);
    return all;
  }
};

TEST_CASE("marks are phonemes of their own where blanks are between phonemes") {
  const json voice = json::parse(
      R"({"phoneme_type": "arpabet", "phoneme_id_map": {"a": [1], "b": [2], ",": [3], "!": [4], "<sos/eos>": [9]}})");
  Pronunciation pronunciation(voice, std::make_unique<Spelled>(), false);
  UtteranceReader reader("ab, a; b! a", pronunciation);
  const Utterance first = next(reader), second = next(reader);
  CHECK(first.ids == Ids{1, 2, 3, 1, 3, 2, 4, 9});
  CHECK(second.ids == Ids{1, 9});
  CHECK(reader.unknown().empty());
}

TEST_CASE("numbers become words for English voices") {
  Pronunciation english(config(), std::make_unique<Letters>(), true),
      other(config(), std::make_unique<Letters>(), false);
  UtteranceReader in_words("12 men", english), as_written("12 men", other);
  CHECK(next(in_words).phonemes == "twelve men");
  CHECK(next(as_written).phonemes == "men");
}

}  // namespace lp
