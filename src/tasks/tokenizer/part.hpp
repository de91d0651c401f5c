#pragma once
#include "base/error.hpp"
#include "base/json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lp::tokenizing {

/// One object of a tokenizer.json, with its place for messages. Borrows the JSON, which must outlive it. Each
/// getter throws Error{bad_model} with the file, the place, what is there and what was wanted.
class Part {
 public:
  /// `where`: "tokenizer.json: decoder". @throws Error{bad_model} if the value is no object, or nested too
  /// deep.
  Part(const nlohmann::json& value, std::string where, int depth = 0);

  /// The value of "type".
  std::string type() const { return text("type"); }
  /// Whether the key is there and not null.
  bool has(std::string_view key) const;
  /// The value; null if the key is missing.
  const nlohmann::json& operator[](std::string_view key) const;

  /// Well-formed UTF-8.
  std::string text(std::string_view key) const;
  std::optional<std::string> optional_text(std::string_view key) const;
  /// A text of one character.
  char32_t character(std::string_view key) const;
  bool flag(std::string_view key, bool missing) const;
  /// A whole number of 0 to `most`.
  std::int64_t whole(std::string_view key, std::int64_t most) const;
  /// An object.
  Part part(std::string_view key) const;
  /// Objects in an array.
  std::vector<Part> parts(std::string_view key) const;
  /// A token's id.
  std::int32_t id(std::string_view key) const;

  const std::string& where() const { return where_; }
  /// @throws Error{bad_model}: "FILE: PLACE.KEY is VALUE, wanted WANTED".
  [[noreturn]] void wrong(std::string_view key, std::string_view wanted) const;

 private:
  const nlohmann::json* value_;
  std::string where_;
  int depth_;
};

/// A token's id from a JSON value: a whole number of 0 to 2^31 - 1; nothing if it is none.
std::optional<std::int32_t> token_id(const nlohmann::json& value);

/// One entry of a list of known component types.
template <class Component>
struct Kind {
  std::string_view type;
  Component (*read)(const Part&);
};

/// The component that a part describes. @throws Error{bad_model} that lists the known types if its type is
/// none of them.
template <class Component, class Kinds>
Component read_kind(const Part& part, const Kinds& kinds) {
  const std::string type = part.type();
  std::string known;
  for (const Kind<Component>& kind : kinds) {
    if (kind.type == type) return kind.read(part);
    known += (known.empty() ? "" : ", ") + std::string(kind.type);
  }
  fail(Fault::bad_model, "{}: its type '{}' is unknown here; known are {}", part.where(), type, known);
}

}  // namespace lp::tokenizing
