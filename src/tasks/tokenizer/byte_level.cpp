#include "tasks/tokenizer/byte_alphabet.hpp"
#include "tasks/tokenizer/pre_tokenizer.hpp"

namespace lp::tokenizing {
namespace {

// Source: openai/gpt-2 encoder.py, in the syntax of Oniguruma.
constexpr std::string_view gpt2_words =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

}  // namespace

PreTokenizer read_byte_level(const Part& part) {
  const bool prefix_space = part.flag("add_prefix_space", true);
  std::optional<Regex> pattern;
  if (part.flag("use_regex", true)) pattern.emplace(pcre2_pattern(gpt2_words, part.where()), part.where());
  return [prefix_space, pattern](const Word& word, std::vector<Word>& words) {
    Word whole = word;
    if (prefix_space && !whole.text.starts_with(' ')) whole.text.insert(whole.text.begin(), ' ');
    const std::vector<Range> ranges =
        pattern ? pattern->cut(whole.text) : std::vector<Range>{{0, whole.text.size(), true}};
    std::vector<Word> parts;
    split(whole, ranges, Delimiters::isolated, parts);
    for (const Word& one : parts) words.push_back({bytes_as_characters(one.text), one.first});
  };
}

}  // namespace lp::tokenizing
