#include "tasks/tokenizer/token_model.hpp"

#include "json_support.hpp"

#include <doctest/doctest.h>

#include <chrono>

namespace lp::tokenizing {
namespace {

using Ids = std::vector<std::int32_t>;

Ids ids(const std::string& json, const std::string& word) {
  Ids out;
  read_json(read_token_model, json)->tokenize(word, out);
  return out;
}

const std::string vocabulary =
    R"("vocab":{"<unk>":0,"a":1,"b":2,"ab":3,"<0xC3>":4,"<0xA9>":5,"abc":6,"b</w>":7,"ab</w>":8,"##b":9,"a##b":10})";

Ids bpe(const std::string& options, const std::string& word) {
  return ids(R"({"type":"BPE",)" + vocabulary + R"(,"merges":["a b"])" + options + "}", word);
}

}  // namespace

TEST_CASE("WordPiece: the longest tokens from the left, or the unknown one") {
  const std::string json =
      R"({"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":5,
          "vocab":{"[UNK]":0,"un":1,"##aff":2,"##able":3,"unaff":4,"##a":5,"\u00e9":6,"##\u00e9":7}})";
  CHECK(ids(json, "unaff") == Ids{4});
  CHECK(ids(json, "una") == Ids{1, 5});
  CHECK(ids(json, "unx") == Ids{0});
  CHECK(ids(json, "unaffa") == Ids{0});  // six characters
  CHECK(ids(json, "\u00e9\u00e9\u00e9\u00e9\u00e9") == Ids{6, 7, 7, 7, 7});
}

TEST_CASE("BPE: unknown characters as tokenizers 0.23.3 treats them") {
  const std::string unknown = R"(,"unk_token":"<unk>")";
  CHECK(bpe("", "azb") == Ids{3});
  CHECK(bpe(unknown, "abz\u00e9") == Ids{3, 0, 0});
  CHECK(bpe(unknown + R"(,"fuse_unk":true)", "z\u00e9zab") == Ids{0, 3});
  CHECK(bpe(unknown + R"(,"byte_fallback":true)", "abz\u00e9") == Ids{3, 4, 5, 0});
  CHECK(bpe(unknown + R"(,"byte_fallback":true)", "z\u00e9z") == Ids{4, 5, 0, 0});
  CHECK(bpe(unknown + R"(,"byte_fallback":true,"fuse_unk":true)", "z\u00e9z") == Ids{4, 5, 0});
  CHECK(bpe(unknown + R"(,"ignore_merges":true)", "abc") == Ids{6});
  CHECK(bpe(unknown, "abc") == Ids{3, 0});
}

TEST_CASE("BPE: prefixes, suffixes and pairs of merges") {
  const std::string start = R"({"type":"BPE",)" + vocabulary;
  CHECK(ids(start + R"(,"merges":[["a","b</w>"]],"end_of_word_suffix":"</w>"})", "ab") == Ids{8});
  CHECK(ids(start + R"(,"merges":[["a","##b"]],"continuing_subword_prefix":"##"})", "ab") == Ids{3});
  CHECK(ids(R"({"vocab":{"a":1},"merges":[]})", "a") == Ids{1});  // files of 2020 have no type
}

TEST_CASE("BPE: the merge of lowest rank comes first, the leftmost of equals") {
  const std::string json = R"({"type":"BPE","vocab":{"a":0,"b":1,"c":2,"bc":3,"ab":4,"aa":5,"abc":6},
                              "merges":["b c","a b","a a","a bc"]})";
  CHECK(ids(json, "abc") == Ids{6});
  CHECK(ids(json, "aaa") == Ids{5, 0});
  CHECK(ids(json, "aab") == Ids{0, 4});
}

TEST_CASE("models: a word of a megabyte takes seconds at most") {
  const auto start = std::chrono::steady_clock::now();
  const std::string word(1'000'000, 'a');
  CHECK(ids(R"({"type":"BPE","vocab":{"a":0,"aa":1,"aaaa":2},"merges":["a a","aa aa"]})", word).size() ==
        250'000);
  CHECK(ids(R"({"type":"WordPiece","vocab":{"[UNK]":0,"a":1,"##a":2}})", word) == Ids{0});
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}

TEST_CASE("models: errors") {
  const auto fault = [](const std::string& json) { return error_of([&] { ids(json, "a"); }); };
  CHECK(fault(R"({"type":"Unigram"})") ==
        "t.json: its type 'Unigram' is unknown here; known are BPE, WordPiece");
  CHECK(fault(R"({})") == "t.json.type is missing, wanted BPE or WordPiece");
  CHECK(fault(R"({"type":"BPE","vocab":[],"merges":[]})") ==
        "t.json.vocab is an array, wanted an object of tokens and their ids");
  CHECK(fault(R"({"type":"BPE","vocab":{"a":-1},"merges":[]})") ==
        "t.json.vocab: the id of 'a' is -1, wanted a whole number below 2^31");
  CHECK(fault(R"({"type":"BPE","vocab":{"a":4294967296},"merges":[]})") != "");
  CHECK(fault(R"({"type":"BPE","vocab":{"a":1.5},"merges":[]})") != "");
  CHECK(fault(R"({"type":"BPE","vocab":{"a":0}})") == "t.json.merges is missing, wanted an array");
  CHECK(fault(R"({"type":"BPE","vocab":{"a":0},"merges":["a b"]})") ==
        "t.json.merges[0]: the vocabulary has no token 'b'");
  CHECK(fault(R"({"type":"BPE","vocab":{"a":0},"merges":["a"]})") ==
        "t.json.merges[0] is not a pair of tokens");
  CHECK(fault(R"({"type":"BPE","vocab":{"a":0},"merges":[["a",1]]})") ==
        "t.json.merges[0] is not a pair of tokens");
  CHECK(fault(R"({"type":"BPE","vocab":{"a":0},"merges":[],"unk_token":"u"})") ==
        "t.json.vocab: no token 'u', which unk_token names");
  CHECK(fault(R"({"type":"BPE","vocab":{"a":0},"merges":[],"dropout":0.1})") ==
        "t.json.dropout is 0.1, wanted null: with it tokens are a matter of chance");
  CHECK(fault(R"({"type":"WordPiece","vocab":{"a":0}})") ==
        "t.json.vocab: no token '[UNK]', which unk_token names");
  CHECK(fault(R"({"type":"WordPiece","vocab":{"[UNK]":0},"max_input_chars_per_word":1e9})") != "");
}

}  // namespace lp::tokenizing
