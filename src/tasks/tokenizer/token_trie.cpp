#include "tasks/tokenizer/token_trie.hpp"

namespace lp::tokenizing {

void TokenTrie::add(std::string_view text, std::int32_t id) {
  starts_[static_cast<unsigned char>(text.front())] = true;
  std::uint32_t node = 0;
  for (const char byte : text) {
    const auto [place, is_new] = edges_.try_emplace(edge(node, byte), nodes_);
    if (is_new) ++nodes_;
    node = place->second;
  }
  ids_.try_emplace(node, id);
}

std::optional<TokenTrie::Match> TokenTrie::find(std::string_view text, std::size_t from) const {
  for (std::size_t begin = from; begin < text.size(); ++begin) {
    if (!starts_[static_cast<unsigned char>(text[begin])]) continue;
    std::optional<Match> longest;
    std::uint32_t node = 0;
    for (std::size_t at = begin; at < text.size(); ++at) {
      const auto next = edges_.find(edge(node, text[at]));
      if (next == edges_.end()) break;
      node = next->second;
      if (const auto id = ids_.find(node); id != ids_.end()) longest = Match{begin, at + 1, id->second};
    }
    if (longest) return longest;
  }
  return {};
}

}  // namespace lp::tokenizing
