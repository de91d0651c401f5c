#include "tasks/speech/english.hpp"

#include "tasks/speech/english_rules.hpp"
#include "tasks/speech/english_words.hpp"
#include "tasks/tokenizer/regex.hpp"
#include "tasks/tokenizer/utf8.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace lp::speech {
namespace {

using tokenizing::Regex;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Of ASCII. What is beyond is a letter or a sign: rules say which.
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_beyond_ascii(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

/// Whether two words would run into each other.
bool is_of_word(char c) {
  return is_digit(c) || is_letter(c) || is_beyond_ascii(c);
}

struct Compiled {
  Rule rule;
  Regex regex;
};

const std::vector<Compiled>& compiled_rules() {
  static const std::vector<Compiled> rules = [] {
    std::vector<Compiled> made;
    for (Rule& rule : english_rules()) {
      const std::string pattern = rule.pattern;
      made.push_back({std::move(rule), Regex(pattern, "english_rules.cpp")});
    }
    return made;
  }();
  return rules;
}

class Speaking {
 public:
  explicit Speaking(std::string_view text) : text_(text) { out_.reserve(text.size() + text.size() / 2); }

  std::string all() {
    while (at_ < text_.size())
      if (!say_by_rule() && !say_sign()) copy();
    return std::move(out_);
  }

 private:
  /// What may begin here, if anything may.
  std::optional<Start> start() const {
    const char c = text_[at_], before = at_ == 0 ? ' ' : text_[at_ - 1];
    if (is_digit(c)) return is_digit(before) ? std::nullopt : std::optional(Start::digit);
    if (is_letter(c))
      return is_letter(before) || is_beyond_ascii(before) ? std::nullopt : std::optional(Start::letter);
    return c == ' ' ? std::nullopt : std::optional(Start::other);
  }

  bool say_by_rule() {
    const std::optional<Start> here = start();
    if (!here) return false;
    for (const Compiled& compiled : compiled_rules()) {
      if (compiled.rule.start != *here) continue;
      const auto groups = compiled.regex.groups_at(text_, at_);
      if (groups.empty() || groups[0].empty()) continue;
      at_ += groups[0].size();
      add(compiled.rule.spoken(groups, text_.substr(at_)));
      return true;
    }
    return false;
  }

  bool say_sign() {
    for (const Sign& sign : signs())
      if (text_.substr(at_).starts_with(sign.written)) {
        at_ += sign.written.size();
        // Words that a sign stands between stay apart: "and/or".
        sign.spoken.empty() ? void(must_part_ = true) : add(sign.spoken);
        return true;
      }
    return false;
  }

  void copy() {
    const std::size_t begin = at_;
    tokenizing::next_code_point(text_, at_);
    const std::string_view character = text_.substr(begin, at_ - begin);
    if (must_part_ && is_of_word(character[0]) && !out_.empty() && is_of_word(out_.back())) out_ += ' ';
    must_part_ = false;
    out_ += character == "’" ? "'" : character;
  }

  void add(std::string_view words) {
    if (!out_.empty() && is_of_word(out_.back()) && is_of_word(words[0])) out_ += ' ';
    out_ += words;
    must_part_ = true;
  }

  std::string_view text_;
  std::string out_;
  std::size_t at_ = 0;
  bool must_part_ = false;  // what comes next begins a word of its own
};

}  // namespace

std::string spoken_english(std::string_view text) {
  const std::string valid = tokenizing::valid_utf8(text);
  return Speaking(valid).all();
}

}  // namespace lp::speech
