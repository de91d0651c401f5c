#include "tasks/streaming/agreement.hpp"

#include <iterator>
#include <string>
#include <utility>

namespace lp {

/// Letters and digits in lower case, and all that is no ASCII.
static std::string letters_of(std::string_view word) {
  std::string letters;
  for (const char c : word) {
    if (c >= 'A' && c <= 'Z')
      letters += static_cast<char>(c - 'A' + 'a');
    else if ((c & 0x80) != 0 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
      letters += c;
  }
  return letters;
}

bool is_same_word(std::string_view a, std::string_view b) {
  const std::string letters = letters_of(a);
  return letters.empty() ? a == b : letters == letters_of(b);
}

std::vector<StreamWord> Agreement::add(std::vector<StreamWord> words, double settled) {
  std::size_t same = 0;
  while (same < words.size() && same < open_.size() && words[same].end <= settled &&
         is_same_word(words[same].word, open_[same].word))
    ++same;
  open_ = std::move(words);
  return take(same);
}

std::vector<StreamWord> Agreement::take_until(double end) {
  std::size_t count = 0;
  while (count < open_.size() && open_[count].end <= end) ++count;
  return take(count);
}

std::vector<StreamWord> Agreement::take(std::size_t count) {
  const auto end = open_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<StreamWord> taken(std::make_move_iterator(open_.begin()), std::make_move_iterator(end));
  open_.erase(open_.begin(), end);
  return taken;
}

}  // namespace lp
