#pragma once
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace lp::tokenizing {

/// Which two neighbouring tokens become one, and in what order. Thread-safe to read.
class BpeMerges {
 public:
  /// Merges of lower rank come first; a pair that is given again takes the later rank.
  void add(std::int32_t left, std::int32_t right, std::int32_t rank, std::int32_t merged);
  void reserve(std::size_t count) { merges_.reserve(count); }

  /// Merges the tokens of one word until no merge is left: always the one of lowest rank, the leftmost first.
  /// Time: n log n of their number.
  void apply(std::vector<std::int32_t>& tokens) const;

 private:
  struct Merge {
    std::int32_t rank, merged;
  };
  const Merge* find(std::int32_t left, std::int32_t right) const;

  std::unordered_map<std::uint64_t, Merge> merges_;
};

}  // namespace lp::tokenizing
