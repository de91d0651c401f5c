#pragma once
#include "backends/coreml/mil/type.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace lp::coreml {

/// How the weights of layers and the tables of words are kept; they are computed with in floating numbers.
enum class WeightForm {
  whole,     // as they are computed with
  int8,      // -127 to 127, times a scale for each channel of the result
  palette6,  // one of 64 numbers
  palette4,  // one of 16 numbers
};

/// "int8", "palette6"; empty for whole ones.
std::string_view name(WeightForm form);

/// Numbers in 8 bits, with the scale of each index of one axis.
struct ScaledBytes {
  std::vector<std::int8_t> numbers;
  std::vector<float> scales;
};

/// Rounds row-major `numbers` to nearest even, so that the largest of each index of `axis` is 127 scales. The
/// scales are numbers that `element` (f16, f32) has.
ScaledBytes scaled_bytes(std::span<const float> numbers, const mil::Sizes& sizes, std::size_t axis,
                         mil::Element element);

/// Numbers as places in a list of few.
struct Palette {
  std::vector<float> colors;  // rising
  std::vector<std::uint8_t> places;
};

/// The `count` numbers that stand for all others best, least squares: the best ones where there are at most
/// 4,096 numbers, else those of as many small groups of them. The colors are numbers that `element` has.
Palette palette_of(std::span<const float> numbers, std::size_t count, mil::Element element);

/// Places of `bits` bits each, close together, the first one in the lowest bits.
std::vector<std::byte> packed(std::span<const std::uint8_t> places, int bits);

}  // namespace lp::coreml
