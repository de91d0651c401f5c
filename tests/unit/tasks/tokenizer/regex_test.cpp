#include "tasks/tokenizer/regex.hpp"

#include "json_support.hpp"

#include <doctest/doctest.h>

#include <chrono>

namespace lp::tokenizing {
namespace {

/// What matches, in brackets, and what does not.
std::string cut(const std::string& pattern, std::string_view text) {
  std::string out;
  for (const Range& range : Regex(pcre2_pattern(pattern, "t"), "t").cut(text)) {
    const std::string part(text.substr(range.begin, range.end - range.begin));
    out += range.match ? "[" + part + "]" : part;
  }
  return out;
}

}  // namespace

TEST_CASE("regex: matches and what is between") {
  CHECK(cut("b+", "abbcb") == "a[bb]c[b]");
  CHECK(cut("b", "") == "");
  CHECK(cut("x*", "axxb") == "[]a[xx]b[]");
  CHECK(cut("", "a\u00e9") == "[]a[]\u00e9[]");
  CHECK(Regex(literal_pattern("a.b"), "t").replace("a.baxb", "-") == "-axb");
}

TEST_CASE("regex: Oniguruma's meaning of escapes") {
  CHECK(cut("\\s+", "a\u0085\u3000b\u180Ec") == "a[\u0085\u3000]b\u180Ec");
  CHECK(cut("[^\\S\\n]+", "a \t\nb") == "a[ \t]\nb");
  CHECK(cut("\\w+", "a\u00b2\u0301 -\u24b6") == "[a\u00b2\u0301] -[\u24b6]");
  CHECK(cut("\\h+", "xfF0g") == "x[fF0]g");
  CHECK(cut("\\p{L}+", "a\U00031350 1") == "[a\U00031350] 1");  // Unicode 15
  CHECK(cut("[^\\s\\p{L}\\p{N}]+", "a-\U00031350") == "a[-]\U00031350");
  CHECK(cut("\\P{N}+", "a1b") == "[a]1[b]");
  CHECK(cut("(?m:a.)", "a\nb") == "[a\n]b");
  CHECK(cut("^b", "a\nb") == "a\n[b]");
  CHECK(cut("\\u0062", "abc") == "a[b]c");
  CHECK(cut("(?i:'s)", "'S'\u017f") == "['S]['\u017f]");
  CHECK(cut("a++", "aaab") == "[aaa]b");
}

TEST_CASE("regex: what cannot be translated is an error") {
  CHECK(error_of([] { cut("[a&&b]", "a"); }) ==
        "t: the regular expression '[a&&b]' has an intersection of classes at byte 2, which is not supported "
        "here");
  CHECK(error_of([] { cut("[a[b]]", "a"); }).find("a class in a class") != std::string::npos);
  CHECK(error_of([] { cut("a{1,2}+", "a"); }).find("repeated repetition") != std::string::npos);
  CHECK(error_of([] { cut("\\pL", "a"); }).find("without braces") != std::string::npos);
  CHECK(error_of([] { cut("[\\W]", "a"); }).find("opposite") != std::string::npos);
  for (const char* pattern : {"(", "[", "a{2,1}", "\\", "\\p{", "\\p{Nope}", "\\u12", "[[:", "(?", "(?z)"})
    CHECK_MESSAGE(error_of([&] { cut(pattern, "a"); }) != "", pattern);
}

TEST_CASE("regex: endless backtracking ends") {
  const auto start = std::chrono::steady_clock::now();
  CHECK(error_of([] { cut("(a+)+$", std::string(200, 'a') + "b"); }).find("cannot be applied") !=
        std::string::npos);
  CHECK(cut("\\s+(?!\\S)|\\s+", std::string(200'000, ' ') + "a").size() == 200'005);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}

TEST_CASE("groups are those of a match right at a place") {
  const Regex regex(R"((\d+)(?:-(\d+))?)", "test");
  const std::string text = "a12-3 4";
  using Groups = std::vector<std::string_view>;
  CHECK(regex.groups_at(text, 1) == Groups{"12-3", "12", "3"});
  CHECK(regex.groups_at(text, 6) == Groups{"4", "4", ""});
  CHECK(regex.groups_at(text, 0).empty());
  CHECK(regex.groups_at(text, text.size()).empty());
}

}  // namespace lp::tokenizing
