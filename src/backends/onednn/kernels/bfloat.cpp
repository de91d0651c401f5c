#include "backends/onednn/kernels/bfloat.hpp"

#include "backends/onednn/isa.hpp"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#endif

namespace lp::onednn {
namespace {

LP_VECTORIZED void narrow_by_numbers(const float* from, std::uint16_t* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = to_bfloat(from[i]);
}

#if defined(__x86_64__) && defined(__GNUC__)

/// As many as fill registers; those are left that do not. Takes numbers below 2^-126 for zeros.
__attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16"))) std::int64_t narrow_by_registers(
    const float* from, std::uint16_t* to, std::int64_t count) {
  constexpr std::int64_t lanes = 16;
  std::int64_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    const __m512bh both = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(from + i + lanes), _mm512_loadu_ps(from + i));
    _mm512_storeu_si512(to + i, reinterpret_cast<__m512i>(both));
  }
  return i;
}

#else

std::int64_t narrow_by_registers(const float*, std::uint16_t*, std::int64_t) {
  return 0;
}

#endif

}  // namespace

LP_VECTORIZED void widen(const std::uint16_t* from, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = from_bfloat(from[i]);
}

void narrow(const float* from, std::uint16_t* to, std::int64_t count) {
  static const bool has_instruction = processor_has(dnnl::cpu_isa::avx512_core_bf16);
  const std::int64_t done = has_instruction ? narrow_by_registers(from, to, count) : 0;
  narrow_by_numbers(from + done, to + done, count - done);
}

}  // namespace lp::onednn
