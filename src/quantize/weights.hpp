#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace lp {

/// A tensor in 8-bit numbers, -127 to 127, each row of its first axis with a scale of its own.
struct QuantizedTensor {
  std::vector<std::int8_t> numbers;
  std::vector<float> scales;
};

/// Rounds `values`, `rows` rows of equal length, to nearest even; a row of zeros gets the scale 1.
/// @throws Error{bad_model} if one is infinite or no number.
QuantizedTensor quantize_rows(std::span<const float> values, std::int64_t rows);

}  // namespace lp
