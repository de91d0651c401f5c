#include "tasks/tokenizer/decoder.hpp"
#include "tasks/tokenizer/utf8.hpp"

#include <optional>

namespace lp::tokenizing {
namespace {

std::optional<unsigned> digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  return {};
}

/// The byte that <0xHH> stands for.
std::optional<char> byte_of(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return {};
  const auto high = digit(token[3]), low = digit(token[4]);
  if (!high || !low) return {};
  return static_cast<char>(*high * 16 + *low);
}

}  // namespace

Decoder read_byte_fallback_decoder(const Part&) {
  return [](const std::vector<std::string>& tokens) {
    std::vector<std::string> out;
    std::string bytes;
    const auto give = [&] {
      if (is_utf8(bytes)) {
        if (!bytes.empty()) out.push_back(bytes);
      } else {
        out.insert(out.end(), bytes.size(), "\uFFFD");
      }
      bytes.clear();
    };
    for (const std::string& token : tokens) {
      if (const auto byte = byte_of(token)) {
        bytes += *byte;
      } else {
        give();
        out.push_back(token);
      }
    }
    give();
    return out;
  };
}

}  // namespace lp::tokenizing
