#include "backends/onednn/kernels/state.hpp"

#include "backends/onednn/kernels/bfloat.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <cstring>

namespace lp::onednn {

void append_rows(const std::string& name, const View& x_view, const std::byte* x,
                 std::span<const std::int32_t> at, const View& state_view, std::byte* state) {
  const std::int64_t rows = x_view.dims[1], capacity = state_view.dims[1];
  for (const std::int64_t row : at)
    if (row < 0 || row + rows > capacity)
      fail(Fault::bad_input, "append `{}`: rows {} to {} are not within the state's {}", name, row,
           row + rows - 1, capacity);
  const std::int64_t width = x_view.dims[2];
  const auto place = [&](DType type, std::int64_t row) {
    return static_cast<std::size_t>(row * width) * size_bytes(type);
  };
  for (std::size_t b = 0; b < at.size(); ++b) {
    const auto sequence = static_cast<std::int64_t>(b);
    const std::byte* const from = x + place(x_view.dtype, sequence * rows);
    std::byte* const to = state + place(state_view.dtype, sequence * capacity + at[b]);
    if (x_view.dtype == state_view.dtype)
      std::memcpy(to, from, place(x_view.dtype, rows));
    else
      narrow(reinterpret_cast<const float*>(from), reinterpret_cast<std::uint16_t*>(to), rows * width);
  }
}

void reorder_rows(const std::string& name, std::span<const std::int32_t> rows, const View& state_view,
                  std::byte* state, std::byte* copy) {
  const std::int64_t sequences = state_view.dims[0];
  for (const std::int64_t row : rows)
    if (row < 0 || row >= sequences)
      fail(Fault::bad_input, "reorder `{}`: there is no sequence {}, of {}", name, row, sequences);
  const auto bytes =
      static_cast<std::size_t>(state_view.dims[1] * state_view.dims[2]) * size_bytes(state_view.dtype);
  // A sequence that stays is neither moved nor, unless another wants it, saved.
  std::vector<bool> wanted(rows.size(), false);
  for (std::size_t b = 0; b < rows.size(); ++b)
    if (const auto from = static_cast<std::size_t>(rows[b]); from != b) wanted[from] = true;
  for (std::size_t from = 0; from < rows.size(); ++from)
    if (wanted[from]) std::memcpy(copy + from * bytes, state + from * bytes, bytes);
  for (std::size_t b = 0; b < rows.size(); ++b)
    if (const auto from = static_cast<std::size_t>(rows[b]); from != b)
      std::memcpy(state + b * bytes, copy + from * bytes, bytes);
}

}  // namespace lp::onednn
