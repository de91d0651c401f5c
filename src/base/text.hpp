#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lp {

/// Edits (insert, delete, replace one byte) that turn `a` into `b`. Source: Levenshtein 1966.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The one of `names` with the fewest edits to `text`; "" if there are none.
std::string nearest(std::string_view text, std::span<const std::string> names);

/// Whether `text` matches `pattern`, where `*` stands for any characters and `?` for one.
bool glob_match(std::string_view pattern, std::string_view text);

/// The number that the whole text is, in decimal or scientific form, whatever the locale; nothing if it is
/// none.
std::optional<double> parse_real(std::string_view text);

/// The lines of a text without their ends (\n, \r\n), empty ones left out.
std::vector<std::string> lines_of(std::string_view text);

/// ASCII lower case; other bytes stay.
std::string lower(std::string_view text);

/// Whether `text` is so many lower-case hex digits.
bool is_hex(std::string_view text, std::size_t digits);

/// "a, b, c": the names for a message, ten of them at most and then how many more there are.
std::string listed(std::span<const std::string> names);

}  // namespace lp
