#pragma once
#include "tasks/tokenizer/regex.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace lp::tokenizing {

class Part;

/// What a pre-tokenizer cuts, and what it cuts it into.
struct Word {
  std::string text;    // well-formed UTF-8
  bool first = false;  // begins where the whole text does
};

/// What becomes of the matches between the words. Names and meaning: tokenizers' SplitDelimiterBehavior.
enum class Delimiters { removed, isolated, merged_with_previous, merged_with_next, contiguous };

/// The value of "behavior", as "Isolated" or "isolated". @throws Error{bad_model} if it is unknown.
Delimiters read_delimiters(const Part& part);

/// Each character that the condition takes is a match.
template <class Condition>
std::vector<Range> cut_at_characters(std::string_view text, Condition condition);

/// Exchanges what matches and what does not.
std::vector<Range> invert(std::vector<Range> ranges);

/// Adds the parts of `word` to `words`, but for empty ones. `ranges`: of its whole text.
void split(const Word& word, const std::vector<Range>& ranges, Delimiters delimiters,
           std::vector<Word>& words);

}  // namespace lp::tokenizing

#include "tasks/tokenizer/utf8.hpp"

namespace lp::tokenizing {

template <class Condition>
std::vector<Range> cut_at_characters(std::string_view text, Condition condition) {
  std::vector<Range> ranges;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    if (!condition(next_code_point(text, at))) continue;
    if (begin < start) ranges.push_back({begin, start, false});
    ranges.push_back({start, at, true});
    begin = at;
  }
  if (begin < text.size()) ranges.push_back({begin, text.size(), false});
  return ranges;
}

}  // namespace lp::tokenizing
