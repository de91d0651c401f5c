#pragma once
#include "backends/onednn/view.hpp"

#include <cstddef>

namespace lp::onednn {

/// A matrix [rows, columns] of f32 or bf16, at any step between its rows, as [columns, rows] at `to_step`,
/// in numbers.
void transpose(DType type, std::int64_t rows, std::int64_t columns, const std::byte* from,
               std::int64_t from_step, std::byte* to, std::int64_t to_step);

}  // namespace lp::onednn
