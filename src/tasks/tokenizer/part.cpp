#include "tasks/tokenizer/part.hpp"

#include "tasks/tokenizer/utf8.hpp"

#include <limits>

namespace lp::tokenizing {
namespace {

using nlohmann::json;

constexpr int deepest = 32;

/// A value for a message: short.
std::string shown(const json& value) {
  if (value.is_null()) return "missing";
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

std::optional<std::int64_t> whole_number(const json& value, std::int64_t most) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number <= static_cast<std::uint64_t>(most)) return static_cast<std::int64_t>(number);
  } else if (value.is_number_integer()) {
    const auto number = value.get<std::int64_t>();
    if (number >= 0 && number <= most) return number;
  }
  return {};
}

}  // namespace

std::optional<std::int32_t> token_id(const json& value) {
  const auto number = whole_number(value, std::numeric_limits<std::int32_t>::max());
  return number ? std::optional(static_cast<std::int32_t>(*number)) : std::nullopt;
}

Part::Part(const json& value, std::string where, int depth)
    : value_(&value), where_(std::move(where)), depth_(depth) {
  if (!value.is_object()) fail(Fault::bad_model, "{} is {}, wanted an object", where_, shown(value));
  if (depth > deepest) fail(Fault::bad_model, "{}: nested more than {} levels deep", where_, deepest);
}

bool Part::has(std::string_view key) const {
  return !(*this)[key].is_null();
}

const json& Part::operator[](std::string_view key) const {
  static const json missing;
  const auto found = value_->find(key);
  return found != value_->end() ? *found : missing;
}

void Part::wrong(std::string_view key, std::string_view wanted) const {
  fail(Fault::bad_model, "{}.{} is {}, wanted {}", where_, key, shown((*this)[key]), wanted);
}

std::string Part::text(std::string_view key) const {
  const auto* const text = (*this)[key].get_ptr<const std::string*>();
  if (text == nullptr || !is_utf8(*text)) wrong(key, "a text");
  return *text;
}

std::optional<std::string> Part::optional_text(std::string_view key) const {
  return has(key) ? std::optional(text(key)) : std::nullopt;
}

char32_t Part::character(std::string_view key) const {
  const std::u32string characters = code_points(text(key));
  if (characters.size() != 1) wrong(key, "one character");
  return characters.front();
}

bool Part::flag(std::string_view key, bool missing) const {
  if (!has(key)) return missing;
  const auto* const value = (*this)[key].get_ptr<const bool*>();
  if (value == nullptr) wrong(key, "true or false");
  return *value;
}

std::int64_t Part::whole(std::string_view key, std::int64_t most) const {
  const auto number = whole_number((*this)[key], most);
  if (!number) wrong(key, fmt::format("a whole number of 0 to {}", most));
  return *number;
}

std::int32_t Part::id(std::string_view key) const {
  return static_cast<std::int32_t>(whole(key, std::numeric_limits<std::int32_t>::max()));
}

Part Part::part(std::string_view key) const {
  return {(*this)[key], fmt::format("{}.{}", where_, key), depth_ + 1};
}

std::vector<Part> Part::parts(std::string_view key) const {
  const json& list = (*this)[key];
  if (!list.is_array()) wrong(key, "an array");
  std::vector<Part> parts;
  parts.reserve(list.size());
  for (std::size_t i = 0; i < list.size(); ++i)
    parts.emplace_back(list[i], fmt::format("{}.{}[{}]", where_, key, i), depth_ + 1);
  return parts;
}

}  // namespace lp::tokenizing
