#include "backends/onednn/kernels/byte_scores.hpp"

#include "backends/onednn/kernels/bfloat.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__)
#include <immintrin.h>
#define LP_BYTES __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))
#endif

namespace lp::onednn {
namespace {

constexpr std::int64_t together = 12;  // queries: 24 sums stay in registers
constexpr std::int64_t lanes = 16;     // 32-bit numbers in a vector
constexpr std::int64_t four = 4;       // numbers that an instruction multiplies and adds in each lane
constexpr std::int64_t cache_line = 64;
constexpr int most = 127;  // in a byte with sign
constexpr int zero = 128;  // in a byte without sign, which keys are

std::int64_t up_to(std::int64_t value, std::int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// Bytes of a panel of keys: [width / 4][panel][4], then their scales.
std::int64_t panel_bytes(std::int64_t width) {
  return ByteScores::panel * (width + static_cast<std::int64_t>(sizeof(float)));
}

}  // namespace

std::int64_t ByteScores::packed_bytes() const {
  return up_to(keys, panel) / panel * panel_bytes(width);
}

/// Queries in bytes, their scales and excesses.
std::int64_t ByteScores::scratch_bytes(std::int64_t queries) const {
  return up_to(queries * (width + 8), cache_line);
}

#ifdef LP_BYTES

namespace {

LP_BYTES inline __mmask16 mask_of(std::int64_t left) {
  return static_cast<__mmask16>(left >= lanes ? 0xFFFF : (1U << static_cast<unsigned>(left)) - 1U);
}

/// Numbers of a row of bf16 less those of `mean`, which may be null, with zeros for those that are not in
/// `mask`.
LP_BYTES inline __m512 part_of(const std::uint16_t* from, const float* mean, std::int64_t at,
                               __mmask16 mask) {
  const __m512i wide = _mm512_maskz_cvtepu16_epi32(0xFFFF, _mm256_maskz_loadu_epi16(mask, from + at));
  const auto x = reinterpret_cast<__m512>(_mm512_maskz_slli_epi32(0xFFFF, wide, 16));
  return mean == nullptr ? x : _mm512_sub_ps(x, _mm512_maskz_loadu_ps(mask, mean + at));
}

LP_BYTES inline float greatest_of(__m512 x) {  // GCC 12 warns of its own reductions
  x = _mm512_maskz_max_ps(0xFFFF, x, _mm512_maskz_shuffle_f32x4(0xFFFF, x, x, 0x4E));
  x = _mm512_maskz_max_ps(0xFFFF, x, _mm512_maskz_shuffle_f32x4(0xFFFF, x, x, 0xB1));
  x = _mm512_maskz_max_ps(0xFFFF, x, _mm512_maskz_permute_ps(0xFFFF, x, 0x4E));
  x = _mm512_maskz_max_ps(0xFFFF, x, _mm512_maskz_permute_ps(0xFFFF, x, 0xB1));
  return x[0];
}

/// Whole numbers from -127 to 127 that are a row of bf16 less `mean`, which may be null, by a scale. Gives
/// the scale: not a number where the row is not finite, 0 where all of it is next to nothing.
LP_BYTES float round_row(const std::uint16_t* from, const float* mean, std::int64_t width, std::int8_t* to) {
  constexpr int not_finite = 0x99;   // as vfpclassps has it: quiet or not a number, infinity of either sign
  constexpr float nothing = 1e-30F;  // has an inverse
  const __m512i sign = _mm512_set1_epi32(std::numeric_limits<std::int32_t>::max());
  __m512 greatest = _mm512_setzero_ps();
  unsigned strange = 0;
  for (std::int64_t at = 0; at < width; at += lanes) {
    const __m512 x = part_of(from, mean, at, mask_of(width - at));
    strange |= _mm512_fpclass_ps_mask(x, not_finite);
    const auto size = reinterpret_cast<__m512>(_mm512_and_epi32(reinterpret_cast<__m512i>(x), sign));
    greatest = _mm512_maskz_max_ps(0xFFFF, greatest, size);
  }
  const float size = greatest_of(greatest);
  const __m512 inverse =
      _mm512_set1_ps(strange == 0 && size > nothing ? static_cast<float>(most) / size : 0.0F);
  for (std::int64_t at = 0; at < width; at += lanes) {
    const __mmask16 mask = mask_of(width - at);
    const __m512 x = _mm512_mul_ps(part_of(from, mean, at, mask), inverse);
    const __m512i whole = _mm512_maskz_cvtps_epi32(0xFFFF, x);
    _mm_mask_storeu_epi8(to + at, mask, _mm512_maskz_cvtsepi32_epi8(0xFFFF, whole));
  }
  if (strange != 0) return std::numeric_limits<float>::quiet_NaN();
  return size > nothing ? size / static_cast<float>(most) : 0.0F;
}

LP_BYTES std::vector<float> mean_of(const std::uint16_t* from, std::int64_t step, std::int64_t rows,
                                    std::int64_t width) {
  std::vector<float> mean(static_cast<std::size_t>(width));
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t i = 0; i < width; ++i)
      mean[static_cast<std::size_t>(i)] += from_bfloat(from[row * step + i]);
  for (float& number : mean) number /= static_cast<float>(rows);
  return mean;
}

/// Queries as whole numbers.
struct ByteQueries {
  const std::int8_t* bytes;    // rows of `width`
  const std::int32_t* excess;  // what their products have too much: keys are 128 more than they should be
  const float* scales;
  std::int64_t width;
};

/// As whole numbers, so that GCC 12 keeps sums in registers: of __m512i it makes copies in memory.
using Sums = std::int32_t __attribute__((vector_size(cache_line)));

LP_BYTES inline Sums add_products(Sums to, __m512i keys, __m512i queries) {
  return reinterpret_cast<Sums>(_mm512_dpbusd_epi32(reinterpret_cast<__m512i>(to), keys, queries));
}

template <int rows>
LP_BYTES void multiply_panel(const ByteQueries& a, const std::byte* b, float* to, std::int64_t to_step) {
  Sums low[rows], high[rows];  // NOLINT(modernize-avoid-c-arrays): registers
#pragma GCC unroll 12
  for (int row = 0; row < rows; ++row) low[row] = high[row] = Sums{};
  const std::int8_t* from = a.bytes;
  for (std::int64_t at = 0; at < a.width; at += four, from += four, b += ByteScores::panel * four) {
    const __m512i first = _mm512_loadu_si512(b), second = _mm512_loadu_si512(b + cache_line);
#pragma GCC unroll 12
    for (int row = 0; row < rows; ++row) {
      std::int32_t some = 0;
      std::memcpy(&some, from + row * a.width, sizeof(some));
      const __m512i query = _mm512_set1_epi32(some);
      low[row] = add_products(low[row], first, query);
      high[row] = add_products(high[row], second, query);
    }
  }
  const __m512 first = _mm512_loadu_ps(b), second = _mm512_loadu_ps(b + cache_line);
#pragma GCC unroll 12
  for (int row = 0; row < rows; ++row) {
    const std::int32_t excess = a.excess[row];
    const __m512 scale = _mm512_set1_ps(a.scales[row]);
    const __m512 left = _mm512_maskz_cvtepi32_ps(0xFFFF, reinterpret_cast<__m512i>(low[row] - excess));
    const __m512 right = _mm512_maskz_cvtepi32_ps(0xFFFF, reinterpret_cast<__m512i>(high[row] - excess));
    _mm512_storeu_ps(to + row * to_step, _mm512_mul_ps(left, _mm512_mul_ps(first, scale)));
    _mm512_storeu_ps(to + row * to_step + lanes, _mm512_mul_ps(right, _mm512_mul_ps(second, scale)));
  }
}

template <int rows = static_cast<int>(together)>
void multiply_rows(const ByteQueries& a, std::int64_t count, const std::byte* b, float* to,
                   std::int64_t to_step) {
  if constexpr (rows > 1)
    if (count < rows) return multiply_rows<rows - 1>(a, count, b, to, to_step);
  multiply_panel<rows>(a, b, to, to_step);
}

}  // namespace

bool ByteScores::available() {
  return __builtin_cpu_supports("avx512vnni") != 0;
}

void ByteScores::pack(const std::uint16_t* from, std::int64_t step, std::byte* to) const {
  const std::vector<float> mean = mean_of(from, step, keys, width);
  std::vector<std::int8_t> bytes(static_cast<std::size_t>(width));
  for (std::int64_t first = 0; first < keys; first += panel, to += panel_bytes(width)) {
    std::memset(to, 0, static_cast<std::size_t>(panel_bytes(width)));
    for (std::int64_t i = 0; i < std::min(panel, keys - first); ++i) {
      const float scale = round_row(from + (first + i) * step, mean.data(), width, bytes.data());
      std::memcpy(to + panel * width + i * four, &scale, sizeof(scale));
      for (std::int64_t at = 0; at < width; at += four) {
        std::uint32_t some = 0;
        std::memcpy(&some, bytes.data() + at, sizeof(some));
        some ^= 0x80808080U;  // each of them plus 128
        std::memcpy(to + at * panel + i * four, &some, sizeof(some));
      }
    }
  }
}

void ByteScores::multiply(const Queries& queries, const std::byte* packed, std::byte* scratch, float* scores,
                          std::int64_t step) const {
  auto* const scales = reinterpret_cast<float*>(scratch);
  auto* const excess = reinterpret_cast<std::int32_t*>(scales + queries.count);
  auto* const bytes = reinterpret_cast<std::int8_t*>(excess + queries.count);
  for (std::int64_t row = 0; row < queries.count; ++row) {
    std::int8_t* const to = bytes + row * width;
    scales[row] = round_row(queries.from + row * queries.step, nullptr, width, to);
    std::int32_t sum = 0;
    for (std::int64_t i = 0; i < width; ++i) sum += to[i];
    excess[row] = zero * sum;
  }
  for (std::int64_t key = 0; key < keys; key += panel, packed += panel_bytes(width))
    for (std::int64_t row = 0; row < queries.count; row += together)
      multiply_rows({bytes + row * width, excess + row, scales + row, width},
                    std::min(together, queries.count - row), packed, scores + row * step + key, step);
}

#else

bool ByteScores::available() {
  return false;
}

void ByteScores::pack(const std::uint16_t* /*from*/, std::int64_t /*step*/, std::byte* /*to*/) const {
  fail(Fault::internal, "no products of bytes in this program");
}

void ByteScores::multiply(const Queries& /*queries*/, const std::byte* /*packed*/, std::byte* /*scratch*/,
                          float* /*scores*/, std::int64_t /*step*/) const {
  fail(Fault::internal, "no products of bytes in this program");
}

#endif

}  // namespace lp::onednn
