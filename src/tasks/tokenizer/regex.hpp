#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct pcre2_real_code_8;

namespace lp::tokenizing {

class Part;

/// A part of a text, in bytes, and whether it is what was looked for.
struct Range {
  std::size_t begin, end;
  bool match;
};

/// The same pattern in the syntax of PCRE2 (UTF, UCP, multi-line) of a regular expression in that of
/// Oniguruma, which tokenizers uses. `where` begins messages.
/// @throws Error{bad_model} on what has another meaning in PCRE2 and no translation.
std::string pcre2_pattern(std::string_view oniguruma, std::string_view where);

/// The pattern that matches this text and no other.
std::string literal_pattern(std::string_view text);

/// A compiled regular expression. Thread-safe.
class Regex {
 public:
  /// `pattern` in PCRE2's syntax. @throws Error{bad_model} if PCRE2 cannot compile it, with the place.
  Regex(std::string pattern, std::string_view where);

  /// The pattern of {"String": TEXT} or {"Regex": PATTERN} under the key.
  static Regex read(const Part& part, std::string_view key);

  /// Cuts well-formed UTF-8 into what matches and what stands between; all ranges together are the text.
  /// Empty matches are empty ranges, but for those right behind another match.
  /// @throws Error{bad_input} if the pattern takes too many steps or too much memory on this text.
  std::vector<Range> cut(std::string_view text) const;

  /// What the pattern matches right at byte `at` of well-formed UTF-8, and each of its groups ("" for one
  /// that takes no part); nothing if it does not match there. @throws as cut does.
  std::vector<std::string_view> groups_at(std::string_view text, std::size_t at) const;

  /// The text with each match replaced.
  std::string replace(std::string_view text, std::string_view replacement) const;

 private:
  std::shared_ptr<const pcre2_real_code_8> code_;
  std::string pattern_;
};

}  // namespace lp::tokenizing
