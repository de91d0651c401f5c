#pragma once
#include <string>
#include <string_view>

namespace lp::tokenizing {

/// Whether `text` is well-formed UTF-8 (Unicode 15, table 3-7).
bool is_utf8(std::string_view text);

/// The text with every ill-formed part replaced by U+FFFD, one for each maximal part of a sequence, as
/// Unicode 15 section 3.9 recommends and Python's and Rust's decoders do.
std::string valid_utf8(std::string_view text);

/// The code point at byte `at` of well-formed UTF-8; `at` then stands behind it. `at` must be inside the
/// text.
char32_t next_code_point(std::string_view text, std::size_t& at);

/// Adds one code point as UTF-8.
void append(std::string& text, char32_t code_point);

/// The code points of well-formed UTF-8.
std::u32string code_points(std::string_view text);

/// UTF-8 of the code points.
std::string utf8(std::u32string_view code_points);

/// Whether all bytes are ASCII.
bool is_ascii(std::string_view text);

}  // namespace lp::tokenizing
