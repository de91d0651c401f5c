#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lp::speech {

/// What a rule's pattern begins with.
enum class Start { digit, letter, other };

/// A part of a text that is said otherwise than it is written.
struct Rule {
  Start start;
  std::string pattern;  // in PCRE2's syntax, matched where such a part may begin; its length is bounded
  /// `groups`: the part and the groups of the pattern. `rest`: the text behind.
  std::string (*spoken)(std::span<const std::string_view> groups, std::string_view rest);
};

/// In the order in which they are tried.
std::vector<Rule> english_rules();

}  // namespace lp::speech
