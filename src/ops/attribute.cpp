#include "ops/attribute.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <charconv>

namespace lp {
namespace {

void read_number(std::string_view text, std::int64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    fail(Fault::bad_model, "`{}` is not a number", text);
}

}  // namespace

std::string attribute_text(std::int64_t value) {
  return std::to_string(value);
}

std::string attribute_text(float value) {
  return fmt::format("{}", value);
}

std::string attribute_text(const std::string& value) {
  return value.find_first_of(" ,()\"") == std::string::npos && !value.empty() ? value : "\"" + value + "\"";
}

std::string attribute_text(const std::vector<std::int64_t>& value) {
  return fmt::format("{}", fmt::join(value, "x"));
}

void read_attribute(std::string_view text, std::int64_t& value) {
  read_number(text, value);
}

void read_attribute(std::string_view text, float& value) {
  const std::optional<double> number = parse_real(text);
  if (!number) fail(Fault::bad_model, "`{}` is not a number", text);
  value = static_cast<float>(*number);
}

void read_attribute(std::string_view text, std::string& value) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  value = text;
}

void read_attribute(std::string_view text, std::vector<std::int64_t>& value) {
  value.clear();
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('x'), text.size());
    read_number(text.substr(0, end), value.emplace_back());
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void unknown_attribute(std::string_view op, std::string_view attribute) {
  fail(Fault::bad_model, "{}: it has no attribute `{}`", op, attribute);
}

}  // namespace lp
