#pragma once
#include "tasks/tokenizer/part.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace lp::tokenizing {

/// Tokens and their ids. Movable; thread-safe to read.
class Vocabulary {
 public:
  Vocabulary() = default;
  Vocabulary(const Vocabulary&) = delete;
  Vocabulary& operator=(const Vocabulary&) = delete;
  Vocabulary(Vocabulary&&) = default;
  Vocabulary& operator=(Vocabulary&&) = default;
  ~Vocabulary() = default;

  /// The object under "vocab", ids by token. @throws Error{bad_model} if there is none or an id is none.
  static Vocabulary read(const Part& model);

  /// Adds a token, or changes its id.
  void set(std::string_view token, std::int32_t id);
  std::optional<std::int32_t> id(std::string_view token) const;
  /// Null if no token has the id. Lives as long as the vocabulary, moved or not.
  const std::string* token(std::int32_t id) const;
  std::size_t size() const { return ids_.size(); }
  /// Bytes of the longest token.
  std::size_t longest() const { return longest_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> ids_;
  std::unordered_map<std::int32_t, const std::string*> tokens_;
  std::size_t longest_ = 0;
};

}  // namespace lp::tokenizing
