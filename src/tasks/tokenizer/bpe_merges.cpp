#include "tasks/tokenizer/bpe_merges.hpp"

#include <queue>

namespace lp::tokenizing {
namespace {

std::uint64_t key(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32U |
         static_cast<std::uint32_t>(right);
}

/// A token of the word in a chain; a merged one takes the place of its left part.
struct Link {
  std::int32_t token;
  std::int32_t previous, next;  // -1: none
  bool gone;
};

/// A merge of the token at `place` with the one behind it, if they are still what they were.
struct Candidate {
  std::int32_t rank, place, merged;
  bool operator<(const Candidate& other) const {  // the greatest leaves the queue first
    return rank != other.rank ? rank > other.rank : place > other.place;
  }
};

}  // namespace

void BpeMerges::add(std::int32_t left, std::int32_t right, std::int32_t rank, std::int32_t merged) {
  merges_.insert_or_assign(key(left, right), Merge{rank, merged});
}

const BpeMerges::Merge* BpeMerges::find(std::int32_t left, std::int32_t right) const {
  const auto found = merges_.find(key(left, right));
  return found != merges_.end() ? &found->second : nullptr;
}

void BpeMerges::apply(std::vector<std::int32_t>& tokens) const {
  if (tokens.size() < 2) return;
  const auto count = static_cast<std::int32_t>(tokens.size());
  std::vector<Link> links;
  links.reserve(tokens.size());
  for (std::int32_t i = 0; i < count; ++i)
    links.push_back({tokens[static_cast<std::size_t>(i)], i - 1, i + 1 < count ? i + 1 : -1, false});
  const auto link = [&](std::int32_t place) -> Link& { return links[static_cast<std::size_t>(place)]; };

  std::priority_queue<Candidate> queue;
  const auto propose = [&](std::int32_t place) {
    if (place < 0 || link(place).next < 0) return;
    if (const Merge* const merge = find(link(place).token, link(link(place).next).token))
      queue.push({merge->rank, place, merge->merged});
  };
  for (std::int32_t place = 0; place + 1 < count; ++place) propose(place);

  while (!queue.empty()) {
    const Candidate candidate = queue.top();
    queue.pop();
    Link& left = link(candidate.place);
    if (left.gone || left.next < 0) continue;
    Link& right = link(left.next);
    const Merge* const merge = find(left.token, right.token);
    if (merge == nullptr || merge->merged != candidate.merged) continue;
    left.token = merge->merged;
    left.next = right.next;
    right.gone = true;
    if (right.next >= 0) link(right.next).previous = candidate.place;
    propose(left.previous);
    propose(candidate.place);
  }
  tokens.clear();
  for (std::int32_t place = 0; place >= 0; place = link(place).next) tokens.push_back(link(place).token);
}

}  // namespace lp::tokenizing
