#include "tasks/tokenizer/decoder.hpp"

#include "json_support.hpp"

#include <doctest/doctest.h>

namespace lp::tokenizing {
namespace {

std::string decoded(const std::string& json, const std::vector<std::string>& tokens) {
  std::string out;
  for (const std::string& text : read_json(read_decoder, json)(tokens)) out += text;
  return out;
}

}  // namespace

TEST_CASE("decoders: each kind, values of tokenizers 0.23.3") {
  CHECK(decoded(R"({"type":"WordPiece","prefix":"##","cleanup":true})",
                {"do", "not", "##a", ".", "i", "'", "m", "n't"}) == "do nota. i ' mn't");
  CHECK(decoded(R"({"type":"WordPiece","prefix":"##","cleanup":false})", {"##uelo", "a", "##b", "."}) ==
        "##uelo ab .");
  CHECK(decoded(R"({"type":"ByteLevel"})", {"\u0120a", "\u00c3", "\u00a9", "\u6f22"}) == " a\u00e9\u6f22");
  CHECK(decoded(R"({"type":"ByteLevel"})", {"\u00c3", "a"}) == "\ufffda");
  CHECK(decoded(R"({"type":"BPEDecoder","suffix":"</w>"})", {"a</w>", "b</w>", "</w>c", "d</w>"}) ==
        "a b  cd");
  CHECK(decoded(R"({"type":"Replace","pattern":{"Regex":"a+"},"content":"b$0"})", {"caaad"}) == "cb$0d");
  CHECK(
      decoded(
          R"({"type":"Sequence","decoders":[{"type":"Fuse"},{"type":"Strip","content":"c","start":1,"stop":0}]})",
          {"c", "cd"}) == "cd");
  CHECK(decoded(R"({"type":"Strip","content":"_","start":0,"stop":1})", {"a__", "b_"}) == "a_b");
  CHECK(decoded(R"({"type":"ByteFallback"})", {"<0xE4>", "<0xBD>", "<0xA0>", "x", "<0xFF>", "<0x41>",
                                               "<0xzz>"}) == "\u4f60x\ufffd\ufffd<0xzz>");
  const std::string metaspace = R"({"type":"Metaspace","replacement":"_","prepend_scheme":")";
  CHECK(decoded(metaspace + R"(always"})", {"_a", "_b"}) == "a b");
  CHECK(decoded(metaspace + R"(never"})", {"_a", "_b"}) == " a b");
}

TEST_CASE("decoders: errors") {
  CHECK(error_of([] {
          decoded(R"({"type":"CTC"})", {});
        }).starts_with("t.json: its type 'CTC' is unknown here"));
  CHECK(error_of([] { decoded(R"({"type":"Strip","content":" ","start":-1,"stop":0})", {}); }) ==
        "t.json.start is -1, wanted a whole number of 0 to 1000000");
}

}  // namespace lp::tokenizing
