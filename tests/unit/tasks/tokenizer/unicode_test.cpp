#include "tasks/tokenizer/unicode.hpp"

#include <doctest/doctest.h>

#include <chrono>

namespace lp::tokenizing {

TEST_CASE("unicode: classes of characters") {
  CHECK(is_white_space(0x3000));
  CHECK_FALSE(is_white_space(0x200B));
  CHECK(is_number(0x00BD));
  CHECK(is_number(0x16FF4));  // Unicode 17
  CHECK(is_word('_'));
  CHECK(is_word(0x24B6));
  CHECK(is_word(0x31350));  // Unicode 15
  CHECK_FALSE(is_word(0x00BD));
  CHECK(is_punctuation('$'));
  CHECK(is_punctuation(0x3001));
  CHECK_FALSE(is_punctuation(0x00A3));
  CHECK(is_nonspacing_mark(0x0301));
  CHECK(is_mark(0x0903));
  CHECK(is_control(0x200B));
  CHECK_FALSE(is_control(0x0378));  // unassigned
  CHECK(is_ideograph(0x4E00));
  CHECK_FALSE(is_ideograph(0x2B820));
  CHECK_FALSE(is_ideograph(0x3042));
}

TEST_CASE("unicode: what came after the version in use has no properties") {
  CHECK_FALSE(is_nonspacing_mark(0x08D4));  // Unicode 9
  CHECK(is_mark(0x08D4));
  CHECK_FALSE(is_mark(0x0AFA));                                // Unicode 10
  CHECK_FALSE(is_punctuation(0x2E43));                         // Unicode 9
  CHECK(normal_form("\u32FF", NormalForm::nfkc) == "\u32FF");  // Unicode 12.1
}

TEST_CASE("unicode: lower case") {
  const auto lower = [](char32_t c) {
    std::string text;
    append_lower(text, c);
    return text;
  };
  CHECK(lower(U'A') == "a");
  CHECK(lower(0x0130) == "i\u0307");
  CHECK(lower(0x03A3) == "\u03C3");
  CHECK(lower(0x00DF) == "\u00DF");
  CHECK(lower(0xA7CB) == "\u0264");
}

TEST_CASE("unicode: normal forms") {
  CHECK(normal_form("e\u0301", NormalForm::nfc) == "\u00e9");
  CHECK(normal_form("\u00e9", NormalForm::nfd) == "e\u0301");
  CHECK(normal_form("\ufb01\u00b2", NormalForm::nfkc) == "fi2");
  CHECK(normal_form("\ufb01\u00b2", NormalForm::nfc) == "\ufb01\u00b2");
  CHECK(normal_form("\uac01", NormalForm::nfkd) == "\u1100\u1161\u11a8");
  CHECK(normal_form("a\u0301\u0323", NormalForm::nfd) == "a\u0323\u0301");  // canonical order
  CHECK(normal_form("\u2126", NormalForm::nfc) == "\u03A9");
}

TEST_CASE("unicode: ordering marks takes no quadratic time") {
  std::string text = "a";
  for (int i = 0; i < 100'000; ++i) text += "\u0301\u0323";
  const auto start = std::chrono::steady_clock::now();
  CHECK(normal_form(text, NormalForm::nfd).size() == text.size());
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
}

}  // namespace lp::tokenizing
