#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lp {

/// An attribute of an op as it stands in graph text: stride=2, axis=c, pattern="n c h w -> n c (h w)".
struct Attribute {
  std::string name, text;
};

std::string attribute_text(std::int64_t value);
std::string attribute_text(float value);  // the shortest text that reads back to the same float
std::string attribute_text(const std::string& value);
std::string attribute_text(const std::vector<std::int64_t>& value);

/// Reads what attribute_text wrote. @throws Error{bad_model} naming the text.
void read_attribute(std::string_view text, std::int64_t& value);
void read_attribute(std::string_view text, float& value);
void read_attribute(std::string_view text, std::string& value);
void read_attribute(std::string_view text, std::vector<std::int64_t>& value);

/// All attributes of an op, by its own `fields`.
template <class O>
std::vector<Attribute> attributes_of(const O& op) {
  std::vector<Attribute> out;
  O::fields(op, [&](std::string_view name, const auto& value) {
    out.push_back({std::string(name), attribute_text(value)});
  });
  return out;
}

/// @throws Error{bad_model} always.
[[noreturn]] void unknown_attribute(std::string_view op, std::string_view attribute);

/// Sets attributes by name. @throws Error{bad_model} for a name the op does not have.
template <class O>
void set_attributes(O& op, std::span<const Attribute> attributes) {
  for (const Attribute& attribute : attributes) {
    bool known = false;
    O::fields(op, [&](std::string_view name, auto& value) {
      if (name != attribute.name) return;
      read_attribute(attribute.text, value);
      known = true;
    });
    if (!known) unknown_attribute(O::name, attribute.name);
  }
}

}  // namespace lp
