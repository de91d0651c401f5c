#include "tasks/tokenizer/pre_tokenizer.hpp"

#include "tasks/tokenizer/unicode.hpp"

#include <array>
#include <memory>

namespace lp::tokenizing {
namespace {

PreTokenizer read_bert(const Part&) {
  return [](const Word& word, std::vector<Word>& words) {
    std::vector<Word> parts;
    split(word, cut_at_characters(word.text, is_white_space), Delimiters::removed, parts);
    for (const Word& part : parts)
      split(part, cut_at_characters(part.text, is_punctuation), Delimiters::isolated, words);
  };
}

/// Runs of letters, digits and marks, and runs of all else but white space.
PreTokenizer read_whitespace(const Part&) {
  return [](const Word& word, std::vector<Word>& words) {
    std::vector<Word> parts;
    split(word, cut_at_characters(word.text, is_white_space), Delimiters::removed, parts);
    for (const Word& part : parts)
      split(part, cut_at_characters(part.text, is_word), Delimiters::contiguous, words);
  };
}

PreTokenizer read_whitespace_split(const Part&) {
  return [](const Word& word, std::vector<Word>& words) {
    split(word, cut_at_characters(word.text, is_white_space), Delimiters::removed, words);
  };
}

PreTokenizer read_punctuation(const Part& part) {
  const Delimiters delimiters = part.has("behavior") ? read_delimiters(part) : Delimiters::isolated;
  return [delimiters](const Word& word, std::vector<Word>& words) {
    split(word, cut_at_characters(word.text, is_punctuation), delimiters, words);
  };
}

PreTokenizer read_digits(const Part& part) {
  const bool individual = part.flag("individual_digits", false);
  return [individual](const Word& word, std::vector<Word>& words) {
    split(word, cut_at_characters(word.text, is_number),
          individual ? Delimiters::isolated : Delimiters::contiguous, words);
  };
}

PreTokenizer read_split(const Part& part) {
  return [pattern = Regex::read(part, "pattern"), delimiters = read_delimiters(part),
          inverted = part.flag("invert", false)](const Word& word, std::vector<Word>& words) {
    std::vector<Range> ranges = pattern.cut(word.text);
    split(word, inverted ? invert(std::move(ranges)) : ranges, delimiters, words);
  };
}

PreTokenizer read_sequence(const Part& part) {
  std::vector<PreTokenizer> steps;
  for (const Part& step : part.parts("pretokenizers")) steps.push_back(read_pre_tokenizer(step));
  return [steps](const Word& word, std::vector<Word>& words) {
    std::vector<Word> parts = {word};
    for (const PreTokenizer& step : steps) {
      std::vector<Word> next;
      for (const Word& part : parts) step(part, next);
      parts = std::move(next);
    }
    words.insert(words.end(), std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end()));
  };
}

constexpr std::array<Kind<PreTokenizer>, 9> kinds = {{{"BertPreTokenizer", read_bert},
                                                      {"ByteLevel", read_byte_level},
                                                      {"Digits", read_digits},
                                                      {"Metaspace", read_metaspace},
                                                      {"Punctuation", read_punctuation},
                                                      {"Sequence", read_sequence},
                                                      {"Split", read_split},
                                                      {"Whitespace", read_whitespace},
                                                      {"WhitespaceSplit", read_whitespace_split}}};

}  // namespace

PreTokenizer read_pre_tokenizer(const Part& part) {
  return read_kind<PreTokenizer>(part, kinds);
}

}  // namespace lp::tokenizing
