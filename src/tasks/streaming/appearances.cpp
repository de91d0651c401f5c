#include "tasks/streaming/appearances.hpp"

#include "tasks/streaming/agreement.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace lp {

std::vector<double> Appearances::show(std::span<const StreamWord> finals, std::span<const StreamWord> open,
                                      double now) {
  std::vector<StreamWord> words(finals.begin(), finals.end());
  words.insert(words.end(), open.begin(), open.end());
  // lengths[i][j]: of the longest common subsequence of what was shown from i on and the words from j on.
  std::vector<std::vector<std::size_t>> lengths(open_.size() + 1, std::vector<std::size_t>(words.size() + 1));
  for (std::size_t i = open_.size(); i-- > 0;)
    for (std::size_t j = words.size(); j-- > 0;)
      lengths[i][j] = is_same_word(open_[i].word, words[j].word)
                          ? lengths[i + 1][j + 1] + 1
                          : std::max(lengths[i + 1][j], lengths[i][j + 1]);
  std::vector<Shown> shown;
  std::size_t i = 0;
  for (std::size_t j = 0; j < words.size(); ++j) {
    while (i < open_.size() && lengths[i + 1][j] == lengths[i][j]) ++i;
    const bool was_there = i < open_.size() && is_same_word(open_[i].word, words[j].word);
    shown.push_back({words[j].word, was_there ? open_[i].since : now});
    if (was_there) ++i;
  }
  std::vector<double> since;
  since.reserve(finals.size());
  for (std::size_t at = 0; at < finals.size(); ++at) since.push_back(shown[at].since);
  shown.erase(shown.begin(), shown.begin() + static_cast<std::ptrdiff_t>(finals.size()));
  open_ = std::move(shown);
  return since;
}

double quantile(std::vector<double> values, double part) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const double at = part * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - std::floor(at)) * (values[above] - values[below]);
}

}  // namespace lp
