#include "backends/onednn/kernels/quantize.hpp"

#include "backends/onednn/kernels/bfloat.hpp"
#include "base/error.hpp"
#include "base/vectorize.hpp"

#include <algorithm>

namespace lp::onednn {
namespace {

constexpr std::int64_t chunk = 4096;

/// Adding and subtracting 1.5 * 2^23 rounds a number below 2^22 to the nearest whole one, ties to even.
LP_INLINED float nearest(float x) {
  constexpr float magic = 12582912.0F;
  return (x + magic) - magic;
}

LP_INLINED std::uint8_t level_of(float x, float per_level, float zero) {
  const float bounded = std::min(std::max(-512.0F, x * per_level), 512.0F);  // what is no number is the first
  return static_cast<std::uint8_t>(
      static_cast<std::int32_t>(std::min(std::max(nearest(bounded) + zero, 0.0F), 255.0F)));
}

LP_VECTORIZED void quantize_floats(const float* from, std::uint8_t* to, std::int64_t count, float per_level,
                                   float zero) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = level_of(from[i], per_level, zero);
}
LP_VECTORIZED void quantize_row(const float* from, const float* factors, std::uint8_t* to, std::int64_t count,
                                float per_level, float zero) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = level_of(from[i] * factors[i], per_level, zero);
}
LP_VECTORIZED void quantize_row_of_bfloats(const std::uint16_t* from, const float* factors, std::uint8_t* to,
                                           std::int64_t count, float per_level, float zero) {
  for (std::int64_t i = 0; i < count; ++i)
    to[i] = level_of(from_bfloat(from[i]) * factors[i], per_level, zero);
}
LP_VECTORIZED void quantize_bfloats(const std::uint16_t* from, std::uint8_t* to, std::int64_t count,
                                    float per_level, float zero) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = level_of(from_bfloat(from[i]), per_level, zero);
}
LP_VECTORIZED void numbers_of(const std::uint8_t* from, float* to, std::int64_t count, float scale,
                              float zero) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = (static_cast<float>(from[i]) - zero) * scale;
}
LP_VECTORIZED void bfloats_of(const std::uint8_t* from, std::uint16_t* to, std::int64_t count, float scale,
                              float zero) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = to_bfloat((static_cast<float>(from[i]) - zero) * scale);
}

LP_VECTORIZED void numbers_of_row(const std::uint8_t* from, const float* factors, float* to,
                                  std::int64_t count, float scale, float zero) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = (static_cast<float>(from[i]) - zero) * scale / factors[i];
}
LP_VECTORIZED void bfloats_of_row(const std::uint8_t* from, const float* factors, std::uint16_t* to,
                                  std::int64_t count, float scale, float zero) {
  for (std::int64_t i = 0; i < count; ++i)
    to[i] = to_bfloat((static_cast<float>(from[i]) - zero) * scale / factors[i]);
}

const op::Levels& levels_of(const View& view) {
  LP_ASSERT(view.levels.has_value());
  return *view.levels;
}

/// Calls `run(start, count)` for parts of `total` elements, in parallel.
template <class Run>
void in_chunks(std::int64_t total, const Run& run) {
#pragma omp parallel for schedule(static)
  for (std::int64_t start = 0; start < total; start += chunk) run(start, std::min(chunk, total - start));
}

/// Calls `run(start)` for rows of `width` elements, in parallel.
template <class Run>
void in_rows(std::int64_t total, std::int64_t width, const Run& run) {
#pragma omp parallel for schedule(static)
  for (std::int64_t start = 0; start < total; start += width) run(start);
}

}  // namespace

void quantize(const View& from_view, const std::byte* from, const View& to_view, std::byte* to,
              const std::vector<float>* smoothing) {
  const op::Levels& into = levels_of(to_view);
  const float per_level = 1.0F / into.scale;
  const auto zero = static_cast<float>(into.zero);
  auto* const levels = reinterpret_cast<std::uint8_t*>(to);
  if (smoothing != nullptr) {
    const auto width = static_cast<std::int64_t>(smoothing->size());
    in_rows(from_view.elements(), width, [&](std::int64_t at) {
      if (from_view.dtype == DType::bf16)
        quantize_row_of_bfloats(reinterpret_cast<const std::uint16_t*>(from) + at, smoothing->data(),
                                levels + at, width, per_level, zero);
      else
        quantize_row(reinterpret_cast<const float*>(from) + at, smoothing->data(), levels + at, width,
                     per_level, zero);
    });
    return;
  }
  in_chunks(from_view.elements(), [&](std::int64_t at, std::int64_t count) {
    if (from_view.dtype == DType::bf16)
      quantize_bfloats(reinterpret_cast<const std::uint16_t*>(from) + at, levels + at, count, per_level,
                       zero);
    else
      quantize_floats(reinterpret_cast<const float*>(from) + at, levels + at, count, per_level, zero);
  });
}

void dequantize(const View& from_view, const std::byte* from, const View& to_view, std::byte* to,
                const std::vector<float>* smoothing) {
  const op::Levels& given = levels_of(from_view);
  const float scale = given.scale;
  const auto zero = static_cast<float>(given.zero);
  const auto* const levels = reinterpret_cast<const std::uint8_t*>(from);
  auto* const floats = reinterpret_cast<float*>(to);
  auto* const bfloats = reinterpret_cast<std::uint16_t*>(to);
  const bool narrow = to_view.dtype == DType::bf16;
  if (smoothing == nullptr) {
    in_chunks(from_view.elements(), [&](std::int64_t at, std::int64_t count) {
      narrow ? bfloats_of(levels + at, bfloats + at, count, scale, zero)
             : numbers_of(levels + at, floats + at, count, scale, zero);
    });
    return;
  }
  const auto width = static_cast<std::int64_t>(smoothing->size());
  const float* const factors = smoothing->data();
  in_rows(from_view.elements(), width, [&](std::int64_t at) {
    narrow ? bfloats_of_row(levels + at, factors, bfloats + at, width, scale, zero)
           : numbers_of_row(levels + at, factors, floats + at, width, scale, zero);
  });
}

}  // namespace lp::onednn
