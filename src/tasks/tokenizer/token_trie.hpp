#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace lp::tokenizing {

/// Finds texts in a text. Thread-safe to read.
class TokenTrie {
 public:
  struct Match {
    std::size_t begin, end;
    std::int32_t id;
  };

  /// `text` must not be empty; the id of a text that is there already stays.
  void add(std::string_view text, std::int32_t id);
  /// The leftmost match at or behind `from`, and of those there the longest.
  std::optional<Match> find(std::string_view text, std::size_t from) const;

 private:
  static std::uint64_t edge(std::uint32_t node, char byte) {
    return std::uint64_t{node} << 8U | static_cast<unsigned char>(byte);
  }

  std::array<bool, 256> starts_{};
  std::unordered_map<std::uint64_t, std::uint32_t> edges_;
  std::unordered_map<std::uint32_t, std::int32_t> ids_;  // by node; 0 is the root
  std::uint32_t nodes_ = 1;
};

}  // namespace lp::tokenizing
