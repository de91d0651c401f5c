#include "backends/onednn/kernels/combine.hpp"

#include "backends/onednn/kernels/bfloat.hpp"
#include "base/vectorize.hpp"

#include <algorithm>
#include <array>

namespace lp::onednn {
namespace {

constexpr std::int64_t chunk = 1024;
using Numbers = std::array<float, chunk>;

LP_VECTORIZED void add_run(const float* a, const float* b, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = a[i] + b[i];
}

LP_VECTORIZED void multiply_run(const float* a, const float* b, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = a[i] * b[i];
}

/// `count` numbers from `at` on as f32: where they lie, or widened into `room`.
const float* numbers(const View& view, const std::byte* data, std::int64_t at, std::int64_t count,
                     Numbers& room) {
  if (view.dtype == DType::f32) return reinterpret_cast<const float*>(data) + at;
  widen(reinterpret_cast<const std::uint16_t*>(data) + at, room.data(), count);
  return room.data();
}

/// Sizes as dense values lie in memory: channels last.
std::vector<std::int64_t> in_memory(const View& view) {
  std::vector<std::int64_t> dims = view.dims;
  if (dims.size() == 4) std::rotate(dims.begin() + 1, dims.begin() + 2, dims.end());
  return dims;
}

bool is_plain(const View& view) {
  return (view.dtype == DType::f32 || view.dtype == DType::bf16) && !view.levels && view.dense();
}

}  // namespace

bool can_combine(const View& x, const View& y, const View& to) {
  if (!is_plain(x) || !is_plain(y) || !is_plain(to) || x.dims != to.dims || x.dims.size() != y.dims.size())
    return false;
  const std::vector<std::int64_t> whole = in_memory(x), part = in_memory(y);
  const auto first = std::ranges::find_if(part, [](std::int64_t size) { return size != 1; });
  return std::equal(first, part.end(), whole.begin() + (first - part.begin()), whole.end());
}

void combine(Combination how, const View& x_view, const std::byte* x, const View& y_view, const std::byte* y,
             const View& to_view, std::byte* to) {
  const std::int64_t period = y_view.elements(),
                     times = x_view.elements() / std::max<std::int64_t>(period, 1);
  const std::int64_t chunks = (period + chunk - 1) / chunk;
#pragma omp parallel for schedule(static)
  for (std::int64_t each = 0; each < times * chunks; ++each) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): written before they are read
    Numbers x_room, y_room, sums;
    const std::int64_t at = each % chunks * chunk, in_x = each / chunks * period + at;
    const std::int64_t count = std::min(chunk, period - at);
    const float* const a = numbers(x_view, x, in_x, count, x_room);
    const float* const b = numbers(y_view, y, at, count, y_room);
    const bool narrows = to_view.dtype == DType::bf16;
    const auto run = how == Combination::sum ? add_run : multiply_run;
    run(a, b, narrows ? sums.data() : reinterpret_cast<float*>(to) + in_x, count);
    if (narrows) narrow(sums.data(), reinterpret_cast<std::uint16_t*>(to) + in_x, count);
  }
}

}  // namespace lp::onednn
