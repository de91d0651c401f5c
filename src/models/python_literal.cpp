#include "models/python_literal.hpp"

#include <charconv>
#include <optional>

namespace lp {
namespace {

constexpr std::string_view space = " \t\r\n";

/// A cursor over the text; each `take` moves past what it read and skips the space behind it.
class Reader {
 public:
  explicit Reader(std::string_view text) : left_(text) { skip_space(); }

  bool take(char c) {
    if (left_.empty() || left_.front() != c) return false;
    left_.remove_prefix(1);
    skip_space();
    return true;
  }

  std::optional<std::int64_t> take_integer() {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(left_.data(), left_.data() + left_.size(), value);
    if (error != std::errc()) return {};
    left_.remove_prefix(static_cast<std::size_t>(end - left_.data()));
    skip_space();
    return value;
  }

  std::optional<std::string> take_string() {
    if (left_.empty() || (left_.front() != '\'' && left_.front() != '"')) return {};
    const char quote = left_.front();
    std::string out;
    for (std::size_t i = 1; i < left_.size(); ++i) {
      if (left_[i] == quote) {
        left_.remove_prefix(i + 1);
        skip_space();
        return out;
      }
      if (left_[i] == '\\' && i + 1 < left_.size()) ++i;
      out += left_[i];
    }
    return {};
  }

 private:
  void skip_space() { left_.remove_prefix(std::min(left_.find_first_not_of(space), left_.size())); }
  std::string_view left_;
};

}  // namespace

std::map<std::int64_t, std::string> parse_python_dict(std::string_view text) {
  std::map<std::int64_t, std::string> out;
  Reader reader(text);
  if (!reader.take('{')) return out;
  do {
    const auto key = reader.take_integer();
    if (!key || !reader.take(':')) return out;
    const auto value = reader.take_string();
    if (!value) return out;
    out[*key] = *value;
  } while (reader.take(','));
  return out;
}

std::vector<std::int64_t> parse_integers(std::string_view text) {
  std::vector<std::int64_t> out;
  while (!text.empty()) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool found = error == std::errc();
    if (found) out.push_back(value);
    text.remove_prefix(found ? static_cast<std::size_t>(end - text.data()) : 1);
  }
  return out;
}

}  // namespace lp
