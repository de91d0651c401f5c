#include "tasks/speech/clauses.hpp"

#include "tasks/tokenizer/unicode.hpp"
#include "tasks/tokenizer/utf8.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace lp::speech {
namespace {

constexpr std::size_t longest_clause = 600;  // bytes; espeak-ng takes 800 at once
constexpr std::size_t ahead = 2048;          // bytes that are spoken at once

constexpr std::u32string_view closers = U"\"')]}”’»";
constexpr std::u32string_view marks = U".?!,:;…";

/// A mark that ends a clause wherever it stands. Source: what espeak-ng 1.52 does with them.
struct Mark {
  char32_t mark;
  std::string_view after;
  bool ends_sentence;
};
constexpr std::array<Mark, 12> marks_of_scripts = {{{U'。', "", true},
                                                    {U'！', "", true},
                                                    {U'？', "", true},
                                                    {U'，', "", false},
                                                    {U'；', "", false},
                                                    {U'：', "", false},
                                                    {U'、', "", false},
                                                    {U'،', ", ", false},
                                                    {U'؛', "; ", false},
                                                    {U'؟', "?", true},
                                                    {U'।', ".", true},
                                                    {U'॥', ".", true}}};

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

/// A letter that has a capital and is none, of Latin, Greek, Cyrillic and Armenian script.
bool is_small(char32_t c) {
  constexpr char32_t end_of_cased_scripts = 0x590;
  if (c >= end_of_cased_scripts || !tokenizing::is_word(c) || tokenizing::is_number(c) || c == U'_')
    return false;
  std::string same, lower;
  tokenizing::append(same, c);
  tokenizing::append_lower(lower, c);
  return same == lower;
}

/// A text from a place on, code point by code point.
class Reading {
 public:
  Reading(std::string_view text, std::size_t at) : text_(text), at_(at) {}

  std::size_t at() const { return at_; }
  bool at_end() const { return at_ >= text_.size(); }
  bool at_space() const { return at_end() || is_space(text_[at_]); }
  char32_t take() { return tokenizing::next_code_point(text_, at_); }
  char32_t peek() const {
    std::size_t copy = at_;
    return at_end() ? 0 : tokenizing::next_code_point(text_, copy);
  }
  /// Passes over the characters; whether there were any.
  bool skip(std::u32string_view characters) {
    const std::size_t before = at_;
    while (!at_end() && characters.find(peek()) != std::u32string_view::npos) take();
    return at_ != before;
  }
  /// Passes over white space; how many lines end in it.
  int skip_space() {
    int lines = 0;
    for (; !at_end() && is_space(text_[at_]); ++at_) lines += text_[at_] == '\n' ? 1 : 0;
    return lines;
  }

 private:
  std::string_view text_;
  std::size_t at_;
};

/// Where to stop when at most `ahead` bytes are spoken at once: at an empty line, else behind a sentence
/// whose last word is long enough to be no abbreviation, else between words.
std::size_t end_of_part(std::string_view text) {
  if (text.size() <= ahead) return text.size();
  const std::string_view part = text.substr(0, ahead);
  if (const std::size_t at = part.rfind("\n\n"); at != std::string_view::npos && at > 0) return at + 2;
  const auto is_small_ascii = [](char c) { return c >= 'a' && c <= 'z'; };
  for (std::size_t at = part.size() - 1; at > 5; --at)
    if (is_space(part[at]) && (part[at - 1] == '.' || part[at - 1] == '?' || part[at - 1] == '!') &&
        std::all_of(part.begin() + static_cast<std::ptrdiff_t>(at) - 6,
                    part.begin() + static_cast<std::ptrdiff_t>(at) - 1, is_small_ascii))
      return at + 1;
  for (std::size_t at = part.size() - 1; at > 0; --at)
    if (is_space(part[at])) return at + 1;
  std::size_t end = part.size();
  while (end > 1 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  return end;
}

std::string_view after_mark(char32_t mark) {
  switch (mark) {
    case U'.': return ".";
    case U'?': return "?";
    case U'!': return "!";
    case U',': return ", ";
    case U':': return ": ";
    case U';': return "; ";
    default: return "";
  }
}

/// Where a clause ends that would end at a mark.
struct End {
  std::size_t at;
  std::string_view after;
  bool ends_sentence;
};

/// The end of a clause at the mark that `reading` has just passed, if it is one; `reading` then stands behind
/// what belongs to it.
std::optional<End> end_at_mark(Reading& reading, char32_t mark) {
  const bool three_points = mark == U'…' || (mark == U'.' && reading.peek() == U'.');
  const std::size_t behind = reading.at();
  reading.skip(marks);
  const bool closed = reading.skip(closers);
  if (closed) {
    reading.skip(marks);
    reading.skip(closers);
  }
  if (!reading.at_space()) return std::nullopt;
  Reading next = reading;
  const int lines = next.skip_space();
  const bool goes_on = lines < 2 && !closed && is_small(next.peek());
  if (three_points) return goes_on ? End{reading.at(), ", ", false} : End{reading.at(), ".", true};
  if (mark == U'.' && goes_on && behind == reading.at()) return std::nullopt;
  const bool ends_sentence = mark == U'.' || mark == U'?' || mark == U'!';
  return End{reading.at(), after_mark(mark), ends_sentence || lines > 1};
}

}  // namespace

ClauseReader::ClauseReader(std::string_view text, Spoken spoken) : rest_(text), spoken_(std::move(spoken)) {}

std::optional<Clause> ClauseReader::next() {
  while (true) {
    // What may belong to the clause must be there before it is cut.
    while (!rest_.empty() && ready_.size() - at_ < longest_clause + ahead) read_on();
    std::optional<Clause> clause = cut();
    if (!clause && at_ >= ready_.size() && rest_.empty()) return std::nullopt;
    if (clause) return clause;
  }
}

void ClauseReader::read_on() {
  const std::size_t end = end_of_part(rest_);
  const std::string_view part = rest_.substr(0, end);
  rest_.remove_prefix(end);
  ready_.erase(0, std::exchange(at_, 0));
  ready_ += spoken_ ? spoken_(part) : tokenizing::valid_utf8(part);
}

/// The clause at at_; nothing where there is only space.
std::optional<Clause> ClauseReader::cut() {
  Reading reading(ready_, at_);
  reading.skip_space();
  const std::size_t begin = reading.at();
  std::size_t last_space = begin;
  const auto clause_until = [&](const End& end) {
    at_ = end.at;
    return Clause{ready_.substr(begin, end.at - begin), end.after, end.ends_sentence};
  };
  while (!reading.at_end()) {
    if (reading.at() - begin > longest_clause)
      return clause_until({last_space > begin ? last_space : reading.at(), " ", false});
    const std::size_t here = reading.at();
    if (reading.at_space()) {
      last_space = here;
      const int lines = reading.skip_space();
      if (lines > 1 || reading.at_end()) {
        at_ = reading.at();
        return Clause{ready_.substr(begin, here - begin), "", true};
      }
      Reading dash = reading;
      const char32_t c = dash.take();
      if ((c == U'–' || c == U'—') && dash.at_space()) {
        at_ = dash.at();
        return Clause{ready_.substr(begin, here - begin), "; ", false};
      }
      continue;
    }
    const char32_t c = reading.take();
    const auto* const other = std::find_if(marks_of_scripts.begin(), marks_of_scripts.end(),
                                           [&](const Mark& m) { return m.mark == c; });
    if (other != marks_of_scripts.end())
      return clause_until({reading.at(), other->after, other->ends_sentence});
    if (marks.find(c) == std::u32string_view::npos) continue;
    Reading mark = reading;
    if (const std::optional<End> end = end_at_mark(mark, c)) return clause_until(*end);
  }
  at_ = ready_.size();
  if (begin == ready_.size()) return std::nullopt;
  return Clause{ready_.substr(begin), "", true};
}

}  // namespace lp::speech
