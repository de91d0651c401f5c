#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lp {

/// A word of speech that goes on, with the space before it, when it was said (seconds), and its tokens.
struct StreamWord {
  std::string word;
  double start = 0, end = 0;
  std::vector<std::int32_t> tokens;
};

/// A part of a sound that is heard at once, and what is known of it. Times are seconds from its start.
struct StreamWindow {
  std::span<const float> samples;        // mono, 16 kHz, at most 30 s
  std::vector<std::int32_t> before;      // tokens that were said before it
  const std::vector<StreamWord>& known;  // words that it begins with
  std::string language;                  // "en"; empty: what it sounds like
  bool is_last = false;                  // it is not heard again: what goes wrong is looked for with patience
};

/// What was heard in a window behind the words that were known.
struct HeardWords {
  std::vector<StreamWord> words;
  std::string language;
  bool went_wrong =
      false;  // a text that repeats itself or is unlikely: the next windows better not know of it
};

}  // namespace lp
