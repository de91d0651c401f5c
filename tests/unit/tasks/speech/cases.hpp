#pragma once
#include "base/files.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lp::test {

/// A line `written => said` of tests/speech/*.test.
struct SpeechCase {
  std::string written, said;
};

/// `\n` as a line break.
inline std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_break = text.substr(i, 2) == "\\n";
    out += is_break ? '\n' : text[i];
    if (is_break) ++i;
  }
  return out;
}

inline std::vector<SpeechCase> speech_cases(const std::string& file) {
  const std::string text = read_text(std::filesystem::path(LP_TEST_DATA) / "speech" / file);
  constexpr std::string_view arrow = " => ";
  std::vector<SpeechCase> cases;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t at = line.find(arrow);
    if (line.starts_with("# ") || at == std::string::npos) continue;
    cases.push_back({unescaped(line.substr(0, at)), unescaped(line.substr(at + arrow.size()))});
  }
  REQUIRE_FALSE(cases.empty());
  return cases;
}

}  // namespace lp::test
