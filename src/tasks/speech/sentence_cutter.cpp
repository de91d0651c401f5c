#include "tasks/speech/sentence_cutter.hpp"

#include <algorithm>
#include <array>

namespace lp::speech {
namespace {

constexpr std::size_t most = 600;               // bytes, as a clause
constexpr std::size_t longest_abbreviated = 3;  // letters: "Mrs."
constexpr std::string_view white = " \t\r\n";
constexpr std::string_view closing = "\"')]";
constexpr std::array<std::string_view, 3> wide_marks = {"\u3002", "\uff01", "\uff1f"};

bool is_white(char c) {
  return white.find(c) != std::string_view::npos;
}

/// Whether the point at `at` may be an abbreviation's.
bool is_abbreviated(std::string_view text, std::size_t at) {
  const std::size_t before = text.find_last_of(" \t\r\n(\"'", at);
  const std::string_view word =
      before == std::string_view::npos ? text.substr(0, at) : text.substr(before + 1, at - before - 1);
  return !word.empty() && word.size() <= longest_abbreviated && word.front() >= 'A' && word.front() <= 'Z';
}

/// Bytes of the first sentence; 0 if nobody knows yet where it ends.
std::size_t end_of_sentence(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') return i + 1;
    for (const std::string_view mark : wide_marks)
      if (text.substr(i).starts_with(mark)) return i + mark.size();
    if (text[i] == '?' || text[i] == '!' || (text[i] == '.' && !is_abbreviated(text, i))) {
      const std::size_t next = text.find_first_not_of(closing, i + 1);
      if (next != std::string_view::npos && is_white(text[next])) return next;
    }
    if (i >= most) {
      const std::size_t space = text.find_last_of(white, i);
      if (space != std::string_view::npos && space > 0) return space;
      std::size_t end = i;  // before a character of UTF-8
      while (end > 1 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
      return end;
    }
  }
  return 0;
}

}  // namespace

std::optional<std::string> SentenceCutter::next(bool has_ended) {
  rest_.erase(0, std::min(rest_.find_first_not_of(white), rest_.size()));
  std::size_t end = end_of_sentence(rest_);
  if (end == 0 && has_ended) end = rest_.size();
  if (end == 0) return {};
  std::string sentence = rest_.substr(0, end);
  rest_.erase(0, end);
  sentence.erase(sentence.find_last_not_of(white) + 1);
  return sentence;
}

}  // namespace lp::speech
