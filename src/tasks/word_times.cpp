#include "tasks/word_times.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

namespace lp {
namespace {

constexpr double row_seconds = 0.02;     // of sound that a row of features stands for
constexpr std::size_t filter_width = 7;  // rows
constexpr double longest_usual = 0.7;    // seconds
// Marks that are part of the word behind them, and before them.
constexpr std::string_view opening = "\"'“¿([{-", closing = "\"'.。,，!！?？:：”)]}、";
constexpr std::string_view sentence_ends = ".。!！?？";
constexpr std::string_view ascii_marks = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
constexpr std::string_view unknown = "\xEF\xBF\xBD";  // U+FFFD: half a character
constexpr std::array<std::string_view, 6> without_spaces = {"zh", "ja", "th", "lo", "my", "yue"};

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// Whether `mark` is one of those written in `marks`, one or several of them in a row.
bool is_in(std::string_view marks, std::string_view mark) {
  return marks.find(mark) != std::string_view::npos;
}

struct Piece {
  std::string text;
  std::vector<std::int32_t> tokens;
};

/// The shortest runs of tokens that are whole characters.
std::vector<Piece> whole_characters(const Tokenizer& tokenizer, std::span<const std::int32_t> text) {
  const std::string all = tokenizer.decode(text, false);
  std::vector<Piece> pieces;
  Piece piece;
  std::size_t offset = 0;
  for (const std::int32_t token : text) {
    piece.tokens.push_back(token);
    piece.text = tokenizer.decode(piece.tokens, false);
    const std::size_t half = piece.text.find(unknown);
    // A U+FFFD that the text itself has is no half of anything.
    const bool whole =
        half == std::string::npos ||
        (offset + half <= all.size() && all.compare(offset + half, unknown.size(), unknown) == 0);
    if (!whole) continue;
    offset += piece.text.size();
    pieces.push_back(std::move(piece));
    piece = {};
  }
  if (!piece.tokens.empty()) pieces.push_back(std::move(piece));
  return pieces;
}

/// Each number becomes the median of those around it, mirrored at the ends.
void filter_by_median(std::span<float> row) {
  constexpr auto half = static_cast<std::ptrdiff_t>(filter_width / 2);
  const auto size = static_cast<std::ptrdiff_t>(row.size());
  if (size <= half) return;
  const std::vector<float> from(row.begin(), row.end());
  for (std::ptrdiff_t at = 0; at < size; ++at) {
    std::array<float, filter_width> around{};
    for (std::ptrdiff_t i = -half; i <= half; ++i) {
      std::ptrdiff_t j = std::abs(at + i);
      if (j >= size) j = 2 * (size - 1) - j;
      around[static_cast<std::size_t>(i + half)] = from[static_cast<std::size_t>(j)];
    }
    std::ranges::nth_element(around, around.begin() + half);
    row[static_cast<std::size_t>(at)] = around[static_cast<std::size_t>(half)];
  }
}

/// Over all tokens of one head, each column gets the mean 0 and the deviation 1.
void standardize_columns(std::span<float> weights, std::size_t tokens, std::size_t columns) {
  for (std::size_t column = 0; column < columns; ++column) {
    double sum = 0, squares = 0;
    for (std::size_t row = 0; row < tokens; ++row)
      sum += static_cast<double>(weights[row * columns + column]);
    const double mean = sum / static_cast<double>(tokens);
    for (std::size_t row = 0; row < tokens; ++row) {
      const double off = static_cast<double>(weights[row * columns + column]) - mean;
      squares += off * off;
    }
    const double deviation = std::sqrt(squares / static_cast<double>(tokens));
    for (std::size_t row = 0; row < tokens; ++row) {
      float& weight = weights[row * columns + column];
      weight = deviation > 0 ? static_cast<float>((static_cast<double>(weight) - mean) / deviation) : 0.0F;
    }
  }
}

void merge(TimedWord& into, const TimedWord& word, bool before) {
  into.word = before ? word.word + into.word : into.word + word.word;
  into.tokens += word.tokens;
}

/// Marks become part of the word that they open or close.
std::vector<TimedWord> with_marks(std::vector<TimedWord> words) {
  std::vector<TimedWord> opened;
  for (std::size_t i = words.size(); i-- > 0;) {
    const std::string_view mark = trimmed(words[i].word);
    const bool opens = words[i].word.starts_with(' ') && !mark.empty() && is_in(opening, mark);
    if (opens && !opened.empty())
      merge(opened.back(), words[i], true);
    else
      opened.push_back(words[i]);
  }
  std::vector<TimedWord> closed;
  for (auto word = opened.rbegin(); word != opened.rend(); ++word) {
    const bool closes = !word->word.empty() && is_in(closing, word->word);
    if (closes && !closed.empty() && !closed.back().word.ends_with(' '))
      merge(closed.back(), *word, false);
    else
      closed.push_back(*word);
  }
  return closed;
}

void shorten_at_sentence_ends(std::span<TimedWord> words, double longest) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i].end - words[i].start <= longest) continue;
    if (!words[i].word.empty() && is_in(sentence_ends, words[i].word))
      words[i].end = words[i].start + longest;
    else if (!words[i - 1].word.empty() && is_in(sentence_ends, words[i - 1].word))
      words[i].start = words[i].end - longest;
  }
}

}  // namespace

std::vector<std::vector<std::int32_t>> tokens_of_words(const Tokenizer& tokenizer,
                                                       std::span<const std::int32_t> text,
                                                       std::string_view language) {
  const bool has_spaces = std::ranges::find(without_spaces, language) == without_spaces.end();
  std::vector<std::vector<std::int32_t>> words;
  for (const Piece& piece : whole_characters(tokenizer, text)) {
    const std::string_view mark = trimmed(piece.text);
    const bool begins = words.empty() || !has_spaces || piece.text.starts_with(' ') ||
                        (!mark.empty() && is_in(ascii_marks, mark));
    if (begins) words.emplace_back();
    words.back().insert(words.back().end(), piece.tokens.begin(), piece.tokens.end());
  }
  return words;
}

std::vector<int> cheapest_way(std::span<const float> costs, std::size_t rows, std::size_t columns) {
  constexpr float never = std::numeric_limits<float>::infinity();
  enum class From : std::uint8_t { both, row, column };
  std::vector<float> above(columns + 1, never), here(columns + 1, never);
  std::vector<From> from(rows * columns);
  above[0] = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    here[0] = never;
    for (std::size_t column = 0; column < columns; ++column) {
      const float both = above[column], down = above[column + 1], along = here[column];
      From way = From::column;
      float least = along;
      if (both < down && both < along)
        way = From::both, least = both;
      else if (down < both && down < along)
        way = From::row, least = down;
      here[column + 1] = costs[row * columns + column] + least;
      from[row * columns + column] = way;
    }
    std::swap(above, here);
  }
  std::vector<int> first(rows, 0);
  for (std::size_t row = rows - 1, column = columns - 1;;) {
    first[row] = static_cast<int>(column);
    if (row == 0 && column == 0) break;
    From way = from[row * columns + column];
    if (row == 0) way = From::column;
    if (column == 0) way = From::row;
    if (way != From::column) --row;
    if (way != From::row) --column;
  }
  return first;
}

double usual_length(std::span<const TimedWord> words) {
  std::vector<double> lengths;
  for (const TimedWord& word : words)
    if (word.end > word.start) lengths.push_back(word.end - word.start);
  if (lengths.empty()) return 0;
  std::ranges::sort(lengths);
  const std::size_t half = lengths.size() / 2;
  const double median = lengths.size() % 2 == 1 ? lengths[half] : (lengths[half - 1] + lengths[half]) / 2;
  return std::min(median, longest_usual);
}

WordTimes find_word_times(WhisperModel& model, const WhisperTokens& tokens, const Tokenizer& tokenizer,
                          std::span<const std::int32_t> prompt, std::span<const std::int32_t> text,
                          std::string_view language, std::size_t samples) {
  if (text.empty()) return {};
  std::vector<std::int32_t> given(prompt.begin(), prompt.end());
  given.push_back(tokens.no_timestamps);
  given.insert(given.end(), text.begin(), text.end());
  given.push_back(tokens.end);
  const std::size_t columns = std::max<std::size_t>(1, samples / (2 * WhisperModel::hop));
  // Rows of the prompt and of the end count for the standard deviation, but not for the way.
  const std::size_t rows = text.size() + 1;
  std::vector<float> costs(rows * columns, 0.0F);
  std::vector<std::vector<float>> heads = model.alignment(given, static_cast<int>(columns));
  for (std::vector<float>& weights : heads) {
    standardize_columns(weights, given.size(), columns);
    for (std::size_t row = 0; row < rows; ++row) {
      const std::span<float> line(weights.data() + (prompt.size() + row) * columns, columns);
      filter_by_median(line);
      for (std::size_t i = 0; i < columns; ++i)
        costs[row * columns + i] -= line[i] / static_cast<float>(heads.size());
    }
  }
  const std::vector<int> first = cheapest_way(costs, rows, columns);
  std::vector<TimedWord> words;
  std::size_t at = 0;
  for (const std::vector<std::int32_t>& word : tokens_of_words(tokenizer, text, language)) {
    const std::size_t end = at + word.size();
    words.push_back(
        {tokenizer.decode(word, false), row_seconds * first[at], row_seconds * first[end], word.size()});
    at = end;
  }
  const double usual = usual_length(words);
  shorten_at_sentence_ends(words, 2 * usual);
  return {with_marks(std::move(words)), usual};
}

void fit_words(std::span<TimedWord> words, double usual, double spoken, double& start, double& end) {
  if (words.empty()) return;
  constexpr double apart = 0.5;  // seconds that the segment's times and a word's may differ
  const double longest = 2 * usual;
  TimedWord &first = words.front(), &last = words.back();
  TimedWord* const second = words.size() > 1 ? &words[1] : nullptr;
  const bool after_a_pause = first.end - spoken > 4 * usual;
  const bool too_long =
      first.end - first.start > longest || (second != nullptr && second->end - first.start > 2 * longest);
  if (after_a_pause && too_long) {
    if (second != nullptr && second->end - second->start > longest)
      first.end = second->start = std::max(second->end / 2, second->end - longest);
    first.start = std::max(0.0, first.end - longest);
  }
  if (start < first.end && start - apart > first.start)
    first.start = std::max(0.0, std::min(first.end - usual, start));
  else
    start = first.start;
  if (end > last.start && end + apart < last.end)
    last.end = std::max(last.start + usual, end);
  else
    end = last.end;
}

}  // namespace lp
