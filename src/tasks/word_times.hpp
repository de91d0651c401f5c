#pragma once
#include "tasks/tokenizer/tokenizer.hpp"
#include "tasks/whisper_model.hpp"
#include "tasks/whisper_tokens.hpp"

#include <span>
#include <string>
#include <vector>

namespace lp {

/// A word as it stands in the text, with the space before it, and when it was said, seconds.
struct TimedWord {
  std::string word;
  double start = 0, end = 0;
  std::size_t tokens = 0;  // that it has
};

/// The words of a window.
struct WordTimes {
  std::vector<TimedWord> words;
  double usual = 0;  // length of a word, seconds: that of all, before any is shortened or joined with marks
};

/// Tokens of a text, those of each word together. Words end at spaces, in languages that write none at each
/// character; punctuation stands by itself. Source: openai/whisper, whisper/tokenizer.py
/// (split_to_word_tokens).
std::vector<std::vector<std::int32_t>> tokens_of_words(const Tokenizer& tokenizer,
                                                       std::span<const std::int32_t> text,
                                                       std::string_view language);

/// When the words of what `model` heard last were said, in seconds from its start: where its alignment heads
/// look while it says them, as the cheapest way through their attention. `prompt`: as in search_text; `text`:
/// tokens of text alone; `samples`: length of the window. Punctuation goes with the word that it belongs to;
/// words that last far longer than usual beside the end of a sentence are shortened. What the model remembers
/// of the text is lost. Source: openai/whisper, whisper/timing.py (find_alignment, merge_punctuations).
WordTimes find_word_times(WhisperModel& model, const WhisperTokens& tokens, const Tokenizer& tokenizer,
                          std::span<const std::int32_t> prompt, std::span<const std::int32_t> text,
                          std::string_view language, std::size_t samples);

/// Usual length of a word among these, seconds: the median, at most 0.7 s; 0 without words.
double usual_length(std::span<const TimedWord> words);

/// Lets words at the start and end of a segment last no longer than usual, where the segment's own times say
/// so, and moves those times to the words' where not. `spoken`: where the last segment before it ended.
/// Source: the same (add_word_timestamps).
void fit_words(std::span<TimedWord> words, double usual, double spoken, double& start, double& end);

/// The cheapest way from the first row and column of a matrix [rows, columns] to the last ones, one step
/// along either or both at a time: for each row the first column that it passes. Sources: Sakoe and Chiba
/// 1978; ties as in whisper/timing.py.
std::vector<int> cheapest_way(std::span<const float> costs, std::size_t rows, std::size_t columns);

}  // namespace lp
