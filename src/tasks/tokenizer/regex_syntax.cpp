#include "base/error.hpp"
#include "tasks/tokenizer/regex.hpp"

#include <array>

namespace lp::tokenizing {
namespace {

// Insides of classes. `\s` is White_Space in Oniguruma, while PCRE2 adds U+180E; `\w` counts all marks and
// numbers.
constexpr std::string_view space =
    R"(\x{9}-\x{d}\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";
constexpr std::string_view no_space =
    R"(\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{84}\x{86}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027})"
    R"(\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{10ffff})";
constexpr std::string_view word =
    R"(\p{L}\p{M}\p{N}\p{Pc}\x{24b6}-\x{24e9}\x{1f130}-\x{1f149}\x{1f150}-\x{1f169}\x{1f170}-\x{1f189})";
constexpr std::string_view hexadecimal = "0-9A-Fa-f";

// Letters and numbers of Unicode 15 and 16, which PCRE2 10.42 (Unicode 14) does not know. Source:
// UnicodeData-16.0.0.
constexpr std::string_view letters =
    R"(\p{L}\x{1C89}-\x{1C8A}\x{A7CB}-\x{A7CD}\x{A7DA}-\x{A7DC}\x{105C0}-\x{105F3}\x{10D4A}-\x{10D65})"
    R"(\x{10D6F}-\x{10D85}\x{10EC2}-\x{10EC4}\x{1123F}-\x{11240}\x{11380}-\x{11389}\x{1138B}\x{1138E})"
    R"(\x{11390}-\x{113B5}\x{113B7}\x{113D1}\x{113D3}\x{11BC0}-\x{11BE0}\x{11F02}\x{11F04}-\x{11F10})"
    R"(\x{11F12}-\x{11F33}\x{1342F}\x{13441}-\x{13446}\x{13460}-\x{143FA}\x{16100}-\x{1611D}\x{16D40}-\x{16D6C})"
    R"(\x{18CFF}\x{1B132}\x{1B155}\x{1DF25}-\x{1DF2A}\x{1E030}-\x{1E06D}\x{1E4D0}-\x{1E4EB}\x{1E5D0}-\x{1E5ED})"
    R"(\x{1E5F0}\x{2B739}\x{2EBF0}-\x{2EE5D}\x{31350}-\x{323AF})";
constexpr std::string_view numbers =
    R"(\p{N}\x{10D40}-\x{10D49}\x{116D0}-\x{116E3}\x{11BF0}-\x{11BF9}\x{11F50}-\x{11F59}\x{16130}-\x{16139})"
    R"(\x{16D70}-\x{16D79}\x{1CCF0}-\x{1CCF9}\x{1D2C0}-\x{1D2D3}\x{1E4F0}-\x{1E4F9}\x{1E5F1}-\x{1E5FA})";

/// An escape that stands for a set: what is inside its class, and inside the class of all else ("" if that
/// has no form).
struct Set {
  std::string_view escape, inside, others;
};
constexpr std::array<Set, 10> sets = {{{"\\s", space, no_space},
                                       {"\\S", no_space, space},
                                       {"\\w", word, ""},
                                       {"\\W", "", word},
                                       {"\\h", hexadecimal, ""},
                                       {"\\H", "", hexadecimal},
                                       {"\\p{L}", letters, ""},
                                       {"\\P{L}", "", letters},
                                       {"\\p{N}", numbers, ""},
                                       {"\\P{N}", "", numbers}}};

/// Reads one pattern from its start to its end.
class Translation {
 public:
  Translation(std::string_view pattern, std::string_view where) : pattern_(pattern), where_(where) {}

  std::string run() {
    while (at_ < pattern_.size()) {
      if (starts("\\")) {
        escape(false);
      } else if (starts("[")) {
        character_class();
      } else if (starts("(?")) {
        options();
      } else if (starts("}+") || starts("}*")) {
        refuse("a repeated repetition");  // {1,3}+ repeats in Oniguruma and is possessive in PCRE2
      } else {
        take(1);
      }
    }
    return out_;
  }

 private:
  [[noreturn]] void refuse(std::string_view what) const {
    fail(Fault::bad_model, "{}: the regular expression '{}' has {} at byte {}, which is not supported here",
         where_, pattern_, what, at_);
  }
  bool starts(std::string_view text) const { return pattern_.substr(at_).starts_with(text); }
  void take(std::size_t count) {
    out_ += pattern_.substr(at_, count);
    at_ += count;
  }

  void escape(bool in_class) {
    for (const Set& set : sets) {
      if (!starts(set.escape)) continue;
      if (in_class && set.inside.empty()) refuse("the opposite of a set in a class");
      if (in_class) {
        out_ += set.inside;
      } else {
        out_ += set.inside.empty() ? "[^" : "[";
        out_ += set.inside.empty() ? set.others : set.inside;
        out_ += ']';
      }
      at_ += set.escape.size();
      return;
    }
    const char next = at_ + 1 < pattern_.size() ? pattern_[at_ + 1] : '\0';
    if (next == 'p' || next == 'P' || next == 'x') {
      const std::size_t close = starts_brace() ? pattern_.find('}', at_) : std::string_view::npos;
      if (close == std::string_view::npos && next != 'x') refuse("a property without braces");
      take(close == std::string_view::npos ? 2 : close + 1 - at_);
    } else if (next == 'u') {
      if (at_ + 6 > pattern_.size()) refuse("half a code point");
      out_ += "\\x{" + std::string(pattern_.substr(at_ + 2, 4)) + "}";
      at_ += 6;
    } else {
      take(2);
    }
  }
  bool starts_brace() const { return at_ + 2 < pattern_.size() && pattern_[at_ + 2] == '{'; }

  void character_class() {
    take(starts("[^") ? 2 : 1);
    if (starts("]")) take(1);
    while (at_ < pattern_.size() && !starts("]")) {
      if (starts("\\")) {
        escape(true);
      } else if (starts("[:")) {
        const std::size_t close = pattern_.find(":]", at_);
        if (close == std::string_view::npos) refuse("a class in a class");
        take(close + 2 - at_);
      } else if (starts("[")) {
        refuse("a class in a class");
      } else if (starts("&&")) {
        refuse("an intersection of classes");
      } else {
        take(1);
      }
    }
    if (at_ < pattern_.size()) take(1);
  }

  /// `(?m` lets the dot match a newline in Oniguruma; that is `(?s` in PCRE2.
  void options() {
    take(2);
    const std::size_t end = pattern_.find_first_not_of("imx-", at_);
    const bool letters_only = end != std::string_view::npos && (pattern_[end] == ')' || pattern_[end] == ':');
    while (letters_only && at_ < end) {
      out_ += starts("m") ? 's' : pattern_[at_];
      ++at_;
    }
  }

  std::string_view pattern_, where_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string pcre2_pattern(std::string_view oniguruma, std::string_view where) {
  return Translation(oniguruma, where).run();
}

}  // namespace lp::tokenizing
