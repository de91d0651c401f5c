#include "tasks/tokenizer/pre_tokenizer.hpp"
#include "tasks/tokenizer/utf8.hpp"

namespace lp::tokenizing {

Prepend read_prepend_scheme(const Part& part) {
  if (!part.has("prepend_scheme"))
    return part.flag("add_prefix_space", true) ? Prepend::always : Prepend::never;
  const std::string scheme = part.text("prepend_scheme");
  if (scheme == "always") return Prepend::always;
  if (scheme == "first") return Prepend::first;
  if (scheme == "never") return Prepend::never;
  part.wrong("prepend_scheme", "always, first or never");
}

PreTokenizer read_metaspace(const Part& part) {
  const char32_t mark = part.character("replacement");
  const Prepend scheme = read_prepend_scheme(part);
  const bool cuts = part.flag("split", true);
  return [mark, scheme, cuts](const Word& word, std::vector<Word>& words) {
    const std::string shown = utf8({&mark, 1});
    Word whole{{}, word.first};
    for (const char c : word.text) {
      if (c == ' ')
        whole.text += shown;
      else
        whole.text += c;
    }
    const bool prepends = scheme == Prepend::always || (scheme == Prepend::first && word.first);
    if (prepends && !whole.text.starts_with(shown)) whole.text.insert(0, shown);
    const std::vector<Range> ranges =
        cuts ? cut_at_characters(whole.text, [mark](char32_t c) { return c == mark; })
             : std::vector<Range>{{0, whole.text.size(), false}};
    split(whole, ranges, Delimiters::merged_with_next, words);
  };
}

}  // namespace lp::tokenizing
