#include "tasks/tokenizer/split.hpp"

#include "base/text.hpp"
#include "tasks/tokenizer/part.hpp"

#include <algorithm>

namespace lp::tokenizing {
namespace {

/// Neighbours with the same `match` become one.
std::vector<Range> joined(const std::vector<Range>& ranges) {
  std::vector<Range> out;
  for (const Range& range : ranges) {
    if (!out.empty() && out.back().match == range.match)
      out.back().end = range.end;
    else
      out.push_back(range);
  }
  return out;
}

/// Each match goes to what stands before it, but a match behind a match stands alone.
std::vector<Range> with_previous(const std::vector<Range>& ranges) {
  std::vector<Range> out;
  bool after_match = false;
  for (const Range& range : ranges) {
    if (range.match && !after_match && !out.empty())
      out.back().end = range.end;
    else
      out.push_back(range);
    after_match = range.match;
  }
  return out;
}

/// The mirror of `with_previous`.
std::vector<Range> with_next(const std::vector<Range>& ranges) {
  std::vector<Range> out;
  bool before_match = false;
  for (auto range = ranges.rbegin(); range != ranges.rend(); ++range) {
    if (range->match && !before_match && !out.empty())
      out.back().begin = range->begin;
    else
      out.push_back(*range);
    before_match = range->match;
  }
  std::reverse(out.begin(), out.end());
  return out;
}

std::vector<Range> rearranged(const std::vector<Range>& ranges, Delimiters delimiters) {
  switch (delimiters) {
    case Delimiters::merged_with_previous: return with_previous(ranges);
    case Delimiters::merged_with_next: return with_next(ranges);
    case Delimiters::contiguous: return joined(ranges);
    case Delimiters::removed:
    case Delimiters::isolated: break;
  }
  return ranges;
}

}  // namespace

Delimiters read_delimiters(const Part& part) {
  const std::string name = part.text("behavior");
  if (name == "Removed" || name == "removed") return Delimiters::removed;
  if (name == "Isolated" || name == "isolated") return Delimiters::isolated;
  if (name == "MergedWithPrevious" || name == "merged_with_previous") return Delimiters::merged_with_previous;
  if (name == "MergedWithNext" || name == "merged_with_next") return Delimiters::merged_with_next;
  if (name == "Contiguous" || name == "contiguous") return Delimiters::contiguous;
  part.wrong("behavior", "Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
}

std::vector<Range> invert(std::vector<Range> ranges) {
  for (Range& range : ranges) range.match = !range.match;
  return ranges;
}

void split(const Word& word, const std::vector<Range>& ranges, Delimiters delimiters,
           std::vector<Word>& words) {
  for (const Range& range : rearranged(ranges, delimiters)) {
    if (range.begin == range.end || (range.match && delimiters == Delimiters::removed)) continue;
    words.push_back({word.text.substr(range.begin, range.end - range.begin), word.first && range.begin == 0});
  }
}

}  // namespace lp::tokenizing
