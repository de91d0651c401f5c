#include "tasks/tokenizer/pre_tokenizer.hpp"

#include "json_support.hpp"

#include <doctest/doctest.h>

namespace lp::tokenizing {
namespace {

/// The words, separated by |.
std::string words(const std::string& json, const std::string& text, bool first = true) {
  std::vector<Word> found;
  read_json(read_pre_tokenizer, json)({text, first}, found);
  std::string out;
  for (const Word& word : found) out += (out.empty() ? "" : "|") + word.text;
  return out;
}

std::string split_words(const std::string& behaviour, bool invert) {
  return words(R"({"type":"Split","pattern":{"Regex":"-+|b"},"behavior":")" + behaviour + R"(","invert":)" +
                   (invert ? "true}" : "false}"),
               "--a-bb--c-");
}

}  // namespace

TEST_CASE("pre-tokenizers: Split, every behaviour as tokenizers 0.23.3 has it") {
  CHECK(split_words("Removed", false) == "a|c");
  CHECK(split_words("Removed", true) == "--|-|b|b|--|-");
  CHECK(split_words("Isolated", false) == "--|a|-|b|b|--|c|-");
  CHECK(split_words("Isolated", true) == "--|a|-|b|b|--|c|-");
  CHECK(split_words("MergedWithPrevious", false) == "--|a-|b|b|--|c-");
  CHECK(split_words("MergedWithPrevious", true) == "--a|-|b|b|--c|-");
  CHECK(split_words("MergedWithNext", false) == "--a|-|b|b|--c|-");
  CHECK(split_words("MergedWithNext", true) == "--|a-|b|b|--|c-");
  CHECK(split_words("Contiguous", false) == "--|a|-bb--|c|-");
  CHECK(split_words("Contiguous", true) == "--|a|-bb--|c|-");
}

TEST_CASE("pre-tokenizers: each kind") {
  CHECK(words(R"({"type":"BertPreTokenizer"})", " it's \u3000a\u3001b$ ") == "it|'|s|a|\u3001|b|$");
  CHECK(words(R"({"type":"Whitespace"})", "it's a_b!? \u24b6") == "it|'|s|a_b|!?|\u24b6");
  CHECK(words(R"({"type":"WhitespaceSplit"})", " a-b\u00a0c ") == "a-b|c");
  CHECK(words(R"({"type":"Punctuation"})", "a..b") == "a|.|.|b");
  CHECK(words(R"({"type":"Punctuation","behavior":"Contiguous"})", "a..b") == "a|..|b");
  CHECK(words(R"({"type":"Digits","individual_digits":true})", "a12b") == "a|1|2|b");
  CHECK(words(R"({"type":"Digits"})", "a12b") == "a|12|b");
  CHECK(words(R"({"type":"ByteLevel","add_prefix_space":true})", "it's  \u00e9\n") ==
        "\u0120it|'s|\u0120|\u0120\u00c3\u00a9|\u010a");
  CHECK(words(R"({"type":"ByteLevel","add_prefix_space":false,"use_regex":false})", "a b") == "a\u0120b");
}

TEST_CASE("pre-tokenizers: Metaspace") {
  CHECK(words(R"({"type":"Metaspace","replacement":"_","prepend_scheme":"always"})", "a  b_c") ==
        "_a|_|_b|_c");
  CHECK(words(R"({"type":"Metaspace","replacement":"_","prepend_scheme":"always"})", " a") == "_a");
  CHECK(words(R"({"type":"Metaspace","replacement":"_","prepend_scheme":"first"})", "a", false) == "a");
  CHECK(words(R"({"type":"Metaspace","replacement":"_","add_prefix_space":false})", "a b") == "a|_b");
  CHECK(words(R"({"type":"Metaspace","replacement":"_","prepend_scheme":"always","split":false})", "a b") ==
        "_a_b");
  CHECK(words(R"({"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},
                 {"type":"Metaspace","replacement":"_","prepend_scheme":"first"}]})",
              "a b") == "_a|b");
}

TEST_CASE("pre-tokenizers: errors") {
  CHECK(error_of([] {
          words(R"({"type":"Unknown"})", "a");
        }).starts_with("t.json: its type 'Unknown' is unknown here"));
  CHECK(error_of([] { split_words("Deleted", false); }) ==
        "t.json.behavior is \"Deleted\", wanted Removed, Isolated, MergedWithPrevious, MergedWithNext or "
        "Contiguous");
  CHECK(error_of([] { words(R"({"type":"Metaspace","replacement":"ab"})", "a"); }) ==
        "t.json.replacement is \"ab\", wanted one character");
}

}  // namespace lp::tokenizing
