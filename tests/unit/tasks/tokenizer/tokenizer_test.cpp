#include "tasks/tokenizer/tokenizer.hpp"

#include "json_support.hpp"

#include <doctest/doctest.h>

#include <filesystem>

namespace lp {
namespace {

using Ids = std::vector<std::int32_t>;
using nlohmann::json;
using tokenizing::error_of;

/// Words of one letter each, [X] and other added tokens, and CLS ... SEP around the text.
json small() {
  return json::parse(R"({
    "truncation": {"max_length": 2}, "padding": null,
    "added_tokens": [
      {"id": 5, "content": "[X]", "lstrip": true, "rstrip": true, "normalized": false, "special": true},
      {"id": 6, "content": "YY", "normalized": true, "special": true},
      {"id": 7, "content": "ZZ", "single_word": true, "normalized": false, "special": true},
      {"id": 8, "content": "Qq", "normalized": true, "special": false},
      {"id": 9, "content": "QqR", "normalized": true, "special": false},
      {"id": 77, "content": "c", "normalized": true, "special": false}],
    "normalizer": {"type": "Lowercase"},
    "pre_tokenizer": {"type": "Whitespace"},
    "post_processor": {"type": "TemplateProcessing",
      "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                 {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
      "pair": [], "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [100], "tokens": ["[CLS]"]},
                                     "[SEP]": {"id": "[SEP]", "ids": [101], "tokens": ["[SEP]"]}}},
    "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
              "max_input_chars_per_word": 100, "vocab": {"a": 0, "##b": 1, "[UNK]": 2, "b": 3, "c": 4}}})");
}

Tokenizer tokenizer(const json& file) {
  return Tokenizer::parse(file, "t.json");
}

}  // namespace

TEST_CASE("tokenizer: added tokens are found first") {
  const Tokenizer t = tokenizer(small());
  CHECK(t.encode_plain("a [X] b") == Ids{0, 5, 3});
  CHECK(t.encode_plain("a [X] [X]b") == Ids{0, 5, 5, 3});
  CHECK(t.encode_plain("a yy b") == Ids{0, 6, 3});
  CHECK(t.encode_plain("aZZ ZZ ZZb") == Ids{2, 7, 2});
  CHECK(t.encode_plain("a qq b QQRqqc") == Ids{0, 8, 3, 9, 8, 4});  // c keeps the model's id
  CHECK(t.encode_plain(" [X] ") == Ids{5});
  CHECK(t.encode_plain("").empty());
  CHECK(t.encode_plain("   ").empty());
}

TEST_CASE("tokenizer: special tokens around the text, which are kept when it is cut") {
  const Tokenizer t = tokenizer(small());
  CHECK(t.encode("") == Ids{100, 101});
  CHECK(t.encode("b b b b") == Ids{100, 3, 3, 3, 3, 101});
  CHECK(t.encode("b b b b", 4) == Ids{100, 3, 3, 101});
  CHECK(t.encode("b b b b", 2) == Ids{100, 101});
  CHECK(t.encode("ab", 3) == Ids{100, 0, 101});  // inside a word
  CHECK(error_of([&] { t.encode("b", 1); }) ==
        "at most 1 tokens were asked for, but the tokenizer's special tokens alone are 2");
}

TEST_CASE("tokenizer: ids and tokens") {
  const Tokenizer t = tokenizer(small());
  CHECK(t.id("[X]") == 5);
  CHECK(t.id("##b") == 1);
  CHECK_FALSE(t.id("nothing").has_value());
  CHECK(t.token(5) == "[X]");
  CHECK_FALSE(t.token(-1).has_value());
  CHECK(t.size() == 10);
  CHECK(t.special_count() == 2);
  CHECK(t.decode(Ids{0, 1, 5, 999, -1, 3}, true) == "ab b");
  CHECK(t.decode(Ids{0, 1, 5}, false) == "ab [X]");
  json without = small();
  without["decoder"] = nullptr;
  CHECK(tokenizer(without).decode(Ids{0, 1, 3}, true) == "a ##b b");
}

TEST_CASE("tokenizer: post-processors") {
  json file = small();
  file["post_processor"] = json::parse(R"({"type": "Sequence", "processors": [
    {"type": "BertProcessing", "sep": ["[X]", 10], "cls": ["YY", 11]}, {"type": "ByteLevel"},
    {"type": "RobertaProcessing", "sep": ["c", 9], "cls": ["a", 0], "trim_offsets": true}]})");
  CHECK(tokenizer(file).encode("b") == Ids{0, 11, 3, 10, 9});
  file["post_processor"] = nullptr;
  CHECK(tokenizer(file).encode("b") == Ids{3});
}

TEST_CASE("tokenizer: ill-formed text counts as U+FFFD") {
  const Tokenizer t = tokenizer(small());
  CHECK(t.encode_plain("a \xFF b") == Ids{0, 2, 3});
  CHECK(t.encode_plain("a \xFF b") == t.encode_plain("a \uFFFD b"));
  CHECK(t.encode_plain(std::string_view("a\0b", 3)) == Ids{0, 2, 3});
}

TEST_CASE("tokenizer: hostile files are errors") {
  const auto fault = [](const std::string& place, const std::string& value) {
    json file = small();
    file[json::json_pointer(place)] = json::parse(value);
    return error_of([&] { tokenizer(file); });
  };
  CHECK(fault("/model", "null") == "t.json.model is missing, wanted an object");
  CHECK(fault("/model/vocab", "7") != "");
  CHECK(fault("/normalizer", "[]") == "t.json.normalizer is an array, wanted an object");
  CHECK(fault("/added_tokens", "{}") == "t.json.added_tokens is an object, wanted an array");
  CHECK(fault("/added_tokens/0/id", "1e300") != "");
  CHECK(fault("/added_tokens/0/id", "-5") != "");
  CHECK(fault("/added_tokens/0/content", "5") == "t.json.added_tokens[0].content is 5, wanted a text");
  CHECK(fault("/added_tokens/0/content", '"' + std::string(2000, 'x') + '"') ==
        "t.json.added_tokens[0].content has 2000 bytes; at most 1024 are supported");
  CHECK(fault("/added_tokens/0/content", "\"\"") == "");  // never found
  CHECK(fault("/post_processor/single", "[]") ==
        "t.json.post_processor.single has the text 0 times, wanted once");
  CHECK(fault("/post_processor/special_tokens", "{}") ==
        "t.json.post_processor.special_tokens.[CLS] is missing, wanted an object");
  CHECK(fault("/post_processor/special_tokens/[CLS]/ids", "[\"a\"]") != "");
  CHECK(fault("/post_processor", R"({"type":"BertProcessing","cls":"a","sep":["b",1]})") ==
        "t.json.post_processor.cls is \"a\", wanted a pair of a token and its id");
  json deep = json::parse(R"({"type":"Lowercase"})");
  for (int i = 0; i < 100; ++i) deep = {{"type", "Sequence"}, {"normalizers", json::array({deep})}};
  CHECK(fault("/normalizer", deep.dump()).find("nested more than 32 levels deep") != std::string::npos);
  CHECK(error_of([] { Tokenizer::parse(json::array(), "t.json"); }) ==
        "t.json is an array, wanted an object");
  CHECK(error_of([] { Tokenizer::open("no/such/tokenizer.json"); }).starts_with("no/such/tokenizer.json: "));
}

}  // namespace lp
