#include "tasks/tokenizer/byte_alphabet.hpp"

#include "tasks/tokenizer/utf8.hpp"

#include <array>

namespace lp::tokenizing {
namespace {

constexpr char32_t first_replacement = 0x100, replacements = 68;

constexpr bool is_printable(char32_t byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || (byte >= 0xAE && byte <= 0xFF);
}

struct Alphabet {
  std::array<char32_t, 256> characters{};
  std::array<char, replacements> bytes{};  // of U+0100, U+0101, ...

  constexpr Alphabet() {
    char32_t next = 0;
    for (char32_t byte = 0; byte < 256; ++byte) {
      characters[byte] = is_printable(byte) ? byte : first_replacement + next;
      if (!is_printable(byte)) bytes[next++] = static_cast<char>(byte);
    }
  }
};

constexpr Alphabet alphabet;

}  // namespace

std::string bytes_as_characters(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 4);
  for (const char byte : bytes) append(out, alphabet.characters[static_cast<unsigned char>(byte)]);
  return out;
}

std::optional<std::string> characters_as_bytes(std::string_view characters) {
  std::string out;
  for (std::size_t at = 0; at < characters.size();) {
    const char32_t character = next_code_point(characters, at);
    if (is_printable(character))
      out += static_cast<char>(character);
    else if (character >= first_replacement && character < first_replacement + replacements)
      out += alphabet.bytes[character - first_replacement];
    else
      return {};
  }
  return out;
}

}  // namespace lp::tokenizing
