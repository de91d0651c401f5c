#include "tasks/transcripts/word_errors.hpp"

#include "tasks/tokenizer/utf8.hpp"
#include "tasks/transcripts/characters.hpp"

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace lp::transcripts {
namespace {

using Symbols = std::vector<std::uint32_t>;

/// Edits, and how many of them are substitutions, as one number that orders them.
using Cost = std::uint64_t;
constexpr Cost edit = Cost(1) << 32U, substitution = edit + 1, out_of_band = ~Cost(0) >> 1U;

/// The least cost of a way that never stands further than `band` from the diagonal.
Cost cost_within(const Symbols& a, const Symbols& b, std::size_t band) {
  std::vector<Cost> row(b.size() + 1, out_of_band);
  for (std::size_t j = 0; j <= std::min(band, b.size()); ++j) row[j] = j * edit;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    const std::size_t first = i > band ? i - band : 0, last = std::min(i + band, b.size());
    Cost corner = first > 0 ? row[first - 1] : row[0];
    Cost left = out_of_band;
    if (first > 0)
      row[first - 1] = out_of_band;
    else
      left = row[0] = i * edit;
    for (std::size_t j = std::max<std::size_t>(first, 1); j <= last; ++j) {
      const Cost above = row[j];
      const Cost straight = corner + (a[i - 1] == b[j - 1] ? 0 : substitution);
      left = row[j] = std::min({straight, above + edit, left + edit});
      corner = above;
    }
  }
  return row[b.size()];
}

Errors errors_of(const Symbols& reference, const Symbols& found) {
  const std::size_t longer = std::max(reference.size(), found.size());
  std::size_t band = std::max<std::size_t>(longer - std::min(reference.size(), found.size()), 16);
  Cost cost = cost_within(reference, found, band);
  // As many edits as the band is wide stay inside it.
  while (cost >> 32U > band && band < longer) cost = cost_within(reference, found, band *= 2);
  const auto edits = static_cast<std::size_t>(cost >> 32U);
  const auto substitutions = static_cast<std::size_t>(cost & (edit - 1));
  // deletions - insertions = the difference of the lengths, and all three are the edits.
  const std::size_t deletions = (edits - substitutions + reference.size() - found.size()) / 2;
  return {.substitutions = substitutions,
          .deletions = deletions,
          .insertions = edits - substitutions - deletions,
          .reference = reference.size()};
}

Symbols characters_of(std::string_view text, Spaces spaces) {
  const std::u32string characters =
      joined(words_of(tokenizing::code_points(text)), spaces == Spaces::counted ? U" " : U"");
  return {characters.begin(), characters.end()};
}

}  // namespace

Errors& Errors::operator+=(const Errors& other) {
  substitutions += other.substitutions;
  deletions += other.deletions;
  insertions += other.insertions;
  reference += other.reference;
  return *this;
}

Errors word_errors(std::string_view reference, std::string_view found) {
  std::unordered_map<std::u32string, std::uint32_t> known;
  const auto symbols_of = [&](std::string_view text) {
    Symbols symbols;
    for (const std::u32string& word : words_of(tokenizing::code_points(text)))
      symbols.push_back(known.emplace(word, static_cast<std::uint32_t>(known.size())).first->second);
    return symbols;
  };
  const Symbols expected = symbols_of(reference);
  return errors_of(expected, symbols_of(found));
}

Errors character_errors(std::string_view reference, std::string_view found, Spaces spaces) {
  return errors_of(characters_of(reference, spaces), characters_of(found, spaces));
}

}  // namespace lp::transcripts
