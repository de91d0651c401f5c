#include "backends/onednn/kernels/rows.hpp"

#include "backends/onednn/kernels/bfloat.hpp"
#include "base/error.hpp"

#include <cstring>
#include <vector>

namespace lp::onednn {

void check_indices(std::string_view op, std::span<const std::int32_t> indices, std::int64_t end) {
  for (const std::int32_t index : indices)
    if (index < 0 || index >= end) fail(Fault::bad_input, "{}: {} is not within 0 to {}", op, index, end - 1);
}

void gather_rows(const View& table_view, const std::byte* table, std::span<const std::int32_t> ids,
                 std::byte* to) {
  check_indices("gather", ids, table_view.dims[0]);
  const auto bytes = static_cast<std::size_t>(table_view.dims[1]) * size_bytes(table_view.dtype);
  for (std::size_t i = 0; i < ids.size(); ++i)
    std::memcpy(to + i * bytes, table + static_cast<std::size_t>(ids[i]) * bytes, bytes);
}

void gather_quantized_rows(std::int64_t rows, std::int64_t width, const std::int8_t* table,
                           const float* scales, std::span<const std::int32_t> ids, const View& to_view,
                           std::byte* to) {
  check_indices("gather", ids, rows);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::int8_t* const row = table + ids[i] * width;
    const std::int64_t at = static_cast<std::int64_t>(i) * width;
    for (std::int64_t j = 0; j < width; ++j) {
      const float value = static_cast<float>(row[j]) * scales[ids[i]];
      if (to_view.dtype == DType::bf16)
        reinterpret_cast<std::uint16_t*>(to)[at + j] = to_bfloat(value);
      else
        reinterpret_cast<float*>(to)[at + j] = value;
    }
  }
}

void take_rows(const View& x_view, const std::byte* x, std::span<const std::int32_t> at, std::byte* to) {
  check_indices("take_row", at, x_view.dims[1]);
  const auto bytes = static_cast<std::size_t>(x_view.dims[2]) * size_bytes(x_view.dtype);
  for (std::size_t b = 0; b < at.size(); ++b) {
    const auto row = static_cast<std::size_t>(x_view.dims[1]) * b + static_cast<std::size_t>(at[b]);
    std::memcpy(to + b * bytes, x + row * bytes, bytes);
  }
}

void mean_rows(const View& x_view, const std::byte* x, std::span<const std::int32_t> lengths,
               const View& to_view, std::byte* to) {
  const std::int64_t rows = x_view.dims[1], width = x_view.dims[2];
  check_indices("mean_rows", lengths, rows + 1);
  std::vector<float> sum(static_cast<std::size_t>(width));
  for (std::int64_t b = 0; b < x_view.dims[0]; ++b) {
    const std::int64_t length = lengths.empty() ? rows : lengths[static_cast<std::size_t>(b)];
    std::fill(sum.begin(), sum.end(), 0.0F);
    for (std::int64_t at = b * rows * width; at < (b * rows + length) * width; at += width)
      for (std::int64_t i = 0; i < width; ++i)
        sum[static_cast<std::size_t>(i)] +=
            x_view.dtype == DType::bf16 ? from_bfloat(reinterpret_cast<const std::uint16_t*>(x)[at + i])
                                        : reinterpret_cast<const float*>(x)[at + i];
    for (std::int64_t i = 0; i < width; ++i) {
      const float mean = length > 0 ? sum[static_cast<std::size_t>(i)] / static_cast<float>(length) : 0.0F;
      if (to_view.dtype == DType::bf16)
        reinterpret_cast<std::uint16_t*>(to)[b * width + i] = to_bfloat(mean);
      else
        reinterpret_cast<float*>(to)[b * width + i] = mean;
    }
  }
}

}  // namespace lp::onednn
