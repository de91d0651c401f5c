#include "backends/coreml/mil/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace lp::coreml::mil {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Words of the language. Source: the reserved names of coremltools 9.0.
bool is_reserved(std::string_view name) {
  static constexpr std::array<std::string_view, 30> words = {
      "any",    "bool",  "program", "func",  "tensor", "list",  "dict",   "tuple",  "true",   "false",
      "string", "bf16",  "fp16",    "fp32",  "fp64",   "int4",  "int8",   "int16",  "int32",  "int64",
      "uint1",  "uint2", "uint3",   "uint4", "uint6",  "uint8", "uint16", "uint32", "uint64", "state"};
  return std::find(words.begin(), words.end(), name) != words.end();
}

std::string sanitized(std::string_view hint) {
  std::string name;
  for (const char c : hint) name += is_letter(c) || is_digit(c) ? c : '_';
  if (name.empty() || is_digit(name.front())) name.insert(0, "v_");
  return is_reserved(name) ? name + "_" : name;
}

}  // namespace

bool is_identifier(std::string_view name) {
  return !name.empty() && is_letter(name.front()) && !is_reserved(name) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

std::string Names::free(std::string_view hint) {
  std::string name = sanitized(hint);
  if (take(name)) return name;
  int& next = next_[name];
  std::string numbered;
  do numbered = fmt::format("{}_{}", name, ++next);
  while (!take(numbered));
  return numbered;
}

}  // namespace lp::coreml::mil
