#include "backends/onednn/kernels/transpose.hpp"

#include "base/vectorize.hpp"

#include <algorithm>

namespace lp::onednn {
namespace {

constexpr std::int64_t block = 16;  // rows and columns that stay in the first-level cache together

template <class Number>
LP_INLINED void transpose_blocks(std::int64_t rows, std::int64_t columns, const Number* from,
                                 std::int64_t from_step, Number* to, std::int64_t to_step) {
  for (std::int64_t row = 0; row < rows; row += block)
    for (std::int64_t column = 0; column < columns; column += block) {
      const std::int64_t high = std::min(block, rows - row), wide = std::min(block, columns - column);
      for (std::int64_t j = 0; j < wide; ++j)
        for (std::int64_t i = 0; i < high; ++i)
          to[(column + j) * to_step + row + i] = from[(row + i) * from_step + column + j];
    }
}

LP_VECTORIZED void transpose_numbers(std::int64_t rows, std::int64_t columns, const float* from,
                                     std::int64_t from_step, float* to, std::int64_t to_step) {
  transpose_blocks(rows, columns, from, from_step, to, to_step);
}
LP_VECTORIZED void transpose_numbers(std::int64_t rows, std::int64_t columns, const std::uint16_t* from,
                                     std::int64_t from_step, std::uint16_t* to, std::int64_t to_step) {
  transpose_blocks(rows, columns, from, from_step, to, to_step);
}

}  // namespace

void transpose(DType type, std::int64_t rows, std::int64_t columns, const std::byte* from,
               std::int64_t from_step, std::byte* to, std::int64_t to_step) {
  if (type == DType::bf16)
    transpose_numbers(rows, columns, reinterpret_cast<const std::uint16_t*>(from), from_step,
                      reinterpret_cast<std::uint16_t*>(to), to_step);
  else
    transpose_numbers(rows, columns, reinterpret_cast<const float*>(from), from_step,
                      reinterpret_cast<float*>(to), to_step);
}

}  // namespace lp::onednn
