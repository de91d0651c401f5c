#include "tasks/tokenizer/normalizer.hpp"

#include "json_support.hpp"

#include <doctest/doctest.h>

namespace lp::tokenizing {
namespace {

std::string normalized(const std::string& json, std::string_view text) {
  return read_json(read_normalizer, json)(text);
}

}  // namespace

TEST_CASE("normalizers: BERT") {
  const std::string bert = R"({"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,)";
  CHECK(normalized(bert + R"("strip_accents":null,"lowercase":true})",
                   "\u00c9a\t\u6f22B\u200b\ufffd\u00a0\x01z") == "ea  \u6f22 b z");
  CHECK(normalized(bert + R"("strip_accents":null,"lowercase":false})", "\u00c9A") == "\u00c9A");
  CHECK(normalized(bert + R"("strip_accents":true,"lowercase":false})", "\u00c9A") == "EA");
  CHECK(normalized(bert + R"("strip_accents":false,"lowercase":true})", "\u00c9A") == "\u00e9a");
  CHECK(normalized(
            R"({"type":"BertNormalizer","clean_text":false,"handle_chinese_chars":false,"lowercase":false})",
            "\t\u6f22\x01") == "\t\u6f22\x01");
}

TEST_CASE("normalizers: each kind") {
  CHECK(normalized(R"({"type":"NFKC"})", "\ufb01") == "fi");
  CHECK(normalized(R"({"type":"Lowercase"})", "\u0130A") == "i\u0307a");
  CHECK(normalized(R"({"type":"Strip","strip_left":true,"strip_right":false})", "\u3000 a ") == "a ");
  CHECK(normalized(R"({"type":"Strip","strip_left":true,"strip_right":true})", "  ").empty());
  CHECK(normalized(R"({"type":"StripAccents"})", "e\u0301\u0903") == "e");
  CHECK(normalized(R"({"type":"Replace","pattern":{"String":"."},"content":"$0"})", "a.b") == "a$0b");
  CHECK(normalized(R"({"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "})", "a\t\n b") == "a b");
  CHECK(normalized(R"({"type":"Prepend","prepend":"_"})", "a") == "_a");
  CHECK(normalized(R"({"type":"Prepend","prepend":"_"})", "").empty());
  CHECK(normalized(R"({"type":"Sequence","normalizers":[{"type":"Lowercase"},{"type":"NFD"}]})", "\u00c9") ==
        "e\u0301");
}

TEST_CASE("normalizers: errors name the place") {
  CHECK(error_of([] {
          normalized(R"({"type":"Nmt"})", "");
        }).starts_with("t.json: its type 'Nmt' is unknown here; known are BertNormalizer, "));
  CHECK(error_of([] {
          normalized(R"({"type":"Sequence","normalizers":[{"type":"Replace","content":""}]})", "");
        }) == "t.json.normalizers[0].pattern is missing, wanted an object");
  CHECK(error_of([] { normalized(R"({"type":"Sequence","normalizers":{}})", ""); }) ==
        "t.json.normalizers is an object, wanted an array");
  CHECK(error_of([] { normalized(R"({"type":7})", ""); }) == "t.json.type is 7, wanted a text");
  CHECK(error_of([] { normalized(R"({"type":"Strip","strip_left":"yes"})", ""); }) ==
        "t.json.strip_left is \"yes\", wanted true or false");
}

}  // namespace lp::tokenizing
