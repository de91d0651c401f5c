#pragma once
#include "backends/onednn/view.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace lp::onednn {

/// @throws Error{bad_input} naming op and number if one is not within 0 to `end` - 1.
void check_indices(std::string_view op, std::span<const std::int32_t> indices, std::int64_t end);

/// op::Gather: rows of a dense table into dense rows of the same type.
void gather_rows(const View& table_view, const std::byte* table, std::span<const std::int32_t> ids,
                 std::byte* to);

/// The same of a table of whole numbers with a scale for each row: [rows, width] into dense rows, f32 or
/// bf16.
void gather_quantized_rows(std::int64_t rows, std::int64_t width, const std::int8_t* table,
                           const float* scales, std::span<const std::int32_t> ids, const View& to_view,
                           std::byte* to);

/// op::TakeRow: a row of each dense sequence [b, s, d] into dense rows of the same type.
void take_rows(const View& x_view, const std::byte* x, std::span<const std::int32_t> at, std::byte* to);

/// op::MeanRows: of dense sequences [b, s, d] into dense rows, f32 or bf16 each, summed in f32; `lengths`
/// empty: all.
void mean_rows(const View& x_view, const std::byte* x, std::span<const std::int32_t> lengths,
               const View& to_view, std::byte* to);

}  // namespace lp::onednn
