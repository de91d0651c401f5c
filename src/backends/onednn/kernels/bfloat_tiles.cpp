#include "backends/onednn/kernels/bfloat_tiles.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__)
#include <immintrin.h>
#define LP_BFLOAT __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")))
#endif

namespace lp::onednn {
namespace {

constexpr std::int64_t panel = 32;     // columns of a product that are computed together: two vectors
constexpr std::int64_t together = 12;  // rows: 24 sums stay in registers
constexpr std::int64_t lanes = 16;     // f32 in a vector
constexpr std::int64_t cache_line = 64;

std::int64_t up_to(std::int64_t value, std::int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}
std::int64_t pairs(std::int64_t numbers) {
  return (numbers + 1) / 2;
}

/// Bytes of a matrix [depth, columns] of bf16 in panels, each [pairs of depth][panel][2].
std::int64_t packed_bytes(std::int64_t depth, std::int64_t columns) {
  return up_to(columns, panel) * pairs(depth) * 4;
}

/// Where the numbers of a matrix [depth, columns] lie.
struct Matrix {
  std::int64_t depth, columns, depth_step, column_step;
};

/// As packed_bytes has it, with zeros where the matrix has no more.
void pack(const Matrix& of, const std::uint16_t* from, std::byte* to) {
  auto* out = reinterpret_cast<std::uint16_t*>(to);
  for (std::int64_t first = 0; first < of.columns; first += panel)
    for (std::int64_t row = 0; row < of.depth; row += 2)
      for (std::int64_t i = 0; i < panel; ++i, out += 2) {
        const bool there = first + i < of.columns;
        const std::uint16_t* const at = from + row * of.depth_step + (first + i) * of.column_step;
        out[0] = there ? at[0] : std::uint16_t{0};
        out[1] = there && row + 1 < of.depth ? at[of.depth_step] : std::uint16_t{0};
      }
}

/// Numbers from one row of scores to the next: an odd number of cache lines, so that rows that are read side
/// by side lie in different sets of the cache.
std::int64_t step_of(std::int64_t keys) {
  return up_to(keys, 2 * lanes) + lanes;
}

}  // namespace

std::int64_t BfloatTiles::packed_keys_bytes() const {
  return has_byte_scores ? byte_scores().packed_bytes() : packed_bytes(width, keys);
}
std::int64_t BfloatTiles::packed_values_bytes() const {
  return packed_bytes(keys, value_width);
}
std::int64_t BfloatTiles::scratch_bytes() const {
  const std::int64_t bytes = rows * (step_of(keys) + up_to(value_width, panel)) * 4;
  return has_byte_scores ? bytes + byte_scores().scratch_bytes(rows) : bytes;
}

void BfloatTiles::pack_keys(const std::uint16_t* from, std::int64_t step, std::byte* to) const {
  if (has_byte_scores) return byte_scores().pack(from, step, to);
  pack({.depth = width, .columns = keys, .depth_step = 1, .column_step = step}, from, to);
}

void BfloatTiles::pack_values(const std::uint16_t* from, std::int64_t step, std::byte* to) const {
  pack({.depth = keys, .columns = value_width, .depth_step = step, .column_step = 1}, from, to);
}

#ifdef LP_BFLOAT

namespace {

/// A product of up to `together` rows of a with one panel of b.
struct PanelProduct {
  const std::byte* a;   // rows of pairs of bf16
  std::int64_t a_step;  // bytes
  const std::byte* b;
  std::int64_t depth;  // pairs
  float* to;
  std::int64_t to_step;  // numbers
};

template <int rows>
LP_BFLOAT void multiply(const PanelProduct& of) {
  __m512 low[rows], high[rows];  // NOLINT(modernize-avoid-c-arrays): registers
#pragma GCC unroll 12
  for (int row = 0; row < rows; ++row) low[row] = high[row] = _mm512_setzero_ps();
  const std::byte *a = of.a, *b = of.b;
  for (std::int64_t pair = 0; pair < of.depth; ++pair, a += 4, b += panel * 4) {
    const auto first = reinterpret_cast<__m512bh>(_mm512_loadu_si512(b));
    const auto second = reinterpret_cast<__m512bh>(_mm512_loadu_si512(b + cache_line));
#pragma GCC unroll 12
    for (int row = 0; row < rows; ++row) {
      std::int32_t two = 0;
      __builtin_memcpy(&two, a + row * of.a_step, sizeof(two));
      const auto both = reinterpret_cast<__m512bh>(_mm512_set1_epi32(two));
      low[row] = _mm512_dpbf16_ps(low[row], both, first);
      high[row] = _mm512_dpbf16_ps(high[row], both, second);
    }
  }
#pragma GCC unroll 12
  for (int row = 0; row < rows; ++row) {
    _mm512_storeu_ps(of.to + row * of.to_step, low[row]);
    _mm512_storeu_ps(of.to + row * of.to_step + lanes, high[row]);
  }
}

template <int rows = static_cast<int>(together)>
void multiply_rows(const PanelProduct& of, std::int64_t count) {
  if constexpr (rows > 1)
    if (count < rows) return multiply_rows<rows - 1>(of, count);
  multiply<rows>(of);
}

/// Scores to weights as BfloatTiles says, in the first half of their row; gives the sum of weights.
/// 2^x = 2^floor(x) times the polynomial of degree 3 of what is left over 0 to 1 whose largest relative error
/// is least, 7.5e-5: below what rounding to bf16 costs (weighted least squares, repeated).
LP_BFLOAT float weigh(float* row, float scale, std::int64_t count) {
  const auto mask_at = [count](std::int64_t i) {
    return static_cast<__mmask16>(count - i >= lanes ? 0xFFFF
                                                     : (1U << static_cast<unsigned>(count - i)) - 1U);
  };
  __m512 greatest = _mm512_set1_ps(row[0]);
  for (std::int64_t i = 0; i < count; i += lanes)
    greatest = _mm512_mask_max_ps(greatest, mask_at(i), greatest, _mm512_loadu_ps(row + i));
  std::array<float, static_cast<std::size_t>(lanes)> parts{};  // GCC 12 warns of its own reductions
  _mm512_storeu_ps(parts.data(), greatest);
  const float in_powers = scale * 1.44269504F;  // log2(e)
  const __m512 factor = _mm512_set1_ps(in_powers),
               shift = _mm512_set1_ps(in_powers * *std::ranges::max_element(parts));
  const __m512 c3 = _mm512_set1_ps(0.0780245215F), c2 = _mm512_set1_ps(0.226067171F),
               c1 = _mm512_set1_ps(0.695833504F), c0 = _mm512_set1_ps(0.999925196F);
  __m512 sum = _mm512_setzero_ps();
  auto* const to = reinterpret_cast<std::byte*>(row);
  for (std::int64_t i = 0; i < count; i += lanes) {
    const __m512 power = _mm512_fmsub_ps(_mm512_loadu_ps(row + i), factor, shift);
    const __m512 part = _mm512_sub_ps(
        power, _mm512_maskz_roundscale_ps(0xFFFF, power, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC));
    __m512 p = _mm512_fmadd_ps(c3, part, c2);
    p = _mm512_fmadd_ps(p, part, c1);
    p = _mm512_fmadd_ps(p, part, c0);
    p = _mm512_maskz_scalef_ps(mask_at(i), p, power);
    sum = _mm512_add_ps(sum, p);
    _mm256_storeu_si256(reinterpret_cast<__m256i_u*>(to + i * 2),
                        reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(p)));
  }
  _mm512_storeu_ps(parts.data(), sum);
  return std::accumulate(parts.begin(), parts.end(), 0.0F);
}

}  // namespace

bool BfloatTiles::available() {
  return __builtin_cpu_supports("avx512bf16") != 0;
}

void BfloatTiles::score(const Queries& queries, const std::byte* packed_keys, std::byte* scratch,
                        float* scores, std::int64_t step) const {
  if (has_byte_scores)
    return byte_scores().multiply({queries.count, queries.from, queries.step}, packed_keys, scratch, scores,
                                  step);
  const auto* const q = reinterpret_cast<const std::byte*>(queries.from);
  for (std::int64_t key = 0; key < keys; key += panel)
    for (std::int64_t row = 0; row < queries.count; row += together)
      multiply_rows({.a = q + row * queries.step * 2,
                     .a_step = queries.step * 2,
                     .b = packed_keys + key * pairs(width) * 4,
                     .depth = pairs(width),
                     .to = scores + row * step + key,
                     .to_step = step},
                    std::min(together, queries.count - row));
}

void BfloatTiles::attend(const Queries& queries, const std::byte* packed_keys, const std::byte* packed_values,
                         std::byte* scratch, float* sums, float* inverse) const {
  const std::int64_t step = step_of(keys), wide = up_to(value_width, panel);
  auto *const scores = reinterpret_cast<float*>(scratch), *const wide_sums = scores + rows * step;
  score(queries, packed_keys, reinterpret_cast<std::byte*>(wide_sums + rows * wide), scores, step);
  for (std::int64_t row = 0; row < queries.count; ++row) {
    const std::int64_t seen = std::max<std::int64_t>(0, queries.seen + row * queries.seen_step);
    inverse[row] = seen > 0 ? 1.0F / weigh(scores + row * step, scale, seen) : 0.0F;
    auto* const weights = reinterpret_cast<std::uint16_t*>(scores + row * step);
    std::fill(weights + seen, weights + 2 * pairs(keys), std::uint16_t{0});
  }
  for (std::int64_t column = 0; column < value_width; column += panel)
    for (std::int64_t row = 0; row < queries.count; row += together)
      multiply_rows({.a = reinterpret_cast<const std::byte*>(scores + row * step),
                     .a_step = step * 4,
                     .b = packed_values + column * pairs(keys) * 4,
                     .depth = pairs(keys),
                     .to = wide_sums + row * wide + column,
                     .to_step = wide},
                    std::min(together, queries.count - row));
  for (std::int64_t row = 0; row < queries.count; ++row)
    std::copy_n(wide_sums + row * wide, value_width, sums + row * value_width);
}

#else

bool BfloatTiles::available() {
  return false;
}

void BfloatTiles::attend(const Queries& /*queries*/, const std::byte* /*packed_keys*/,
                         const std::byte* /*packed_values*/, std::byte* /*scratch*/, float* /*sums*/,
                         float* /*inverse*/) const {
  fail(Fault::internal, "no products of bf16 in this program");
}

#endif

}  // namespace lp::onednn
