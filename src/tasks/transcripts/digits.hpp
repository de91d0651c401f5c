#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lp::transcripts {

// Whole numbers of any size, as ASCII digits without zeros in front: texts have more than 64 bits of them.

/// The number behind the last three digits of `number` times ten to the power of `zeros`, put where it was:
/// how "five million two hundred" and then "thousand" are said. Python: n // 1000 * 1000 + n % 1000 *
/// 10**zeros.
std::u32string with_last_thousand_times(std::u32string_view number, std::size_t zeros);

/// Whether ten to the power of `zeros` divides it.
bool is_multiple(std::u32string_view number, std::size_t zeros);

/// The sum, where is_multiple(number, size of small).
std::u32string filled(std::u32string_view number, std::u32string_view small);

/// A decimal number ("12", "1.50", ".5", "1.", in digits of any script) times ten to the power of `zeros`,
/// nothing if that is not whole or the text is no number.
std::optional<std::u32string> whole_product(std::u32string_view decimal, std::size_t zeros);

/// Whether the text is digits, and perhaps a point and digits: `\d+(\.\d+)?`.
bool is_decimal(std::u32string_view text);

}  // namespace lp::transcripts
