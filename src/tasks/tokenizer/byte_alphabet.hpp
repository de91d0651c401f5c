#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace lp::tokenizing {

/// Each byte as one printable character: itself if it is printable in Latin-1, else one of U+0100 to U+0143
/// in order. Source: bytes_to_unicode of openai/gpt-2 encoder.py (2019).
std::string bytes_as_characters(std::string_view bytes);

/// The bytes that such characters stand for; nothing if one stands for none.
std::optional<std::string> characters_as_bytes(std::string_view characters);

}  // namespace lp::tokenizing
