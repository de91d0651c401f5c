#include "tasks/tokenizer/utf8.hpp"

#include <doctest/doctest.h>

namespace lp::tokenizing {

TEST_CASE("utf8: well-formed text stays") {
  const std::string text = "a\u00e9\u6f22\U0001F600";
  CHECK(is_utf8(text));
  CHECK(valid_utf8(text) == text);
  CHECK(code_points(text) == U"a\u00e9\u6f22\U0001F600");
  CHECK(utf8(code_points(text)) == text);
}

TEST_CASE("utf8: each maximal ill-formed part becomes one U+FFFD") {
  // The values are Python's: bytes.decode(errors="replace").
  CHECK(valid_utf8("a\xFFz") == "a\uFFFDz");
  CHECK(valid_utf8("\xE6\xBC") == "\uFFFD");                            // cut off
  CHECK(valid_utf8("\xE6\xBCz") == "\uFFFDz");                          // broken off
  CHECK(valid_utf8("\xC0\x80") == "\uFFFD\uFFFD");                      // overlong
  CHECK(valid_utf8("\xED\xA0\x80") == "\uFFFD\uFFFD\uFFFD");            // surrogate
  CHECK(valid_utf8("\xF4\x90\x80\x80") == "\uFFFD\uFFFD\uFFFD\uFFFD");  // above U+10FFFF
  CHECK(valid_utf8("\xF0\x9F\x98") == "\uFFFD");
  CHECK_FALSE(is_utf8("\x80"));
}

}  // namespace lp::tokenizing
