#include "backends/onednn/kernels/bfloat_filter.hpp"

#include "backends/onednn/isa.hpp"
#include "base/error.hpp"

#include <algorithm>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#endif

namespace lp::onednn {

#if defined(__x86_64__) && defined(__GNUC__)

namespace {

#define LP_AVX512_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,fma")))
#define LP_AVX512_BF16_INLINED inline __attribute__((always_inline)) LP_AVX512_BF16

constexpr std::int64_t lanes = 16, wide = 32;  // numbers of a register; channels that are summed at once
constexpr std::int64_t together = BfloatFilter::unit();
constexpr std::int64_t block_numbers = 8'000;  // read and written by a block, for the first cache

/// Two numbers of bf16 side by side, as one.
using Pair = std::int32_t __attribute__((may_alias, aligned(2)));

/// What the rows of x are read by: steps in numbers of bf16.
struct Taps {
  std::int64_t count, step, in;
};

/// Twelve rows of `registers` times 16 channels.
template <int registers>
LP_AVX512_BF16_INLINED void panel(const std::uint16_t* x, const Taps& taps, const std::uint16_t* weight,
                                  const float* bias, float* y, std::int64_t y_step) {
  __m512 sum[together][registers];
#pragma GCC unroll 12
  for (int m = 0; m < together; ++m)
#pragma GCC unroll 2
    for (int r = 0; r < registers; ++r)
      sum[m][r] = bias != nullptr ? _mm512_loadu_ps(bias + r * lanes) : _mm512_setzero_ps();
  for (std::int64_t tap = 0; tap < taps.count; ++tap, x += taps.step) {
    const auto* pair = reinterpret_cast<const Pair*>(x);
    for (std::int64_t k = 0; k < taps.in / 2; ++k, ++pair, weight += registers * wide) {
      __m512bh w[registers];
#pragma GCC unroll 2
      for (int r = 0; r < registers; ++r)
        w[r] = reinterpret_cast<__m512bh>(_mm512_loadu_si512(weight + r * wide));
#pragma GCC unroll 12
      for (int m = 0; m < together; ++m) {
        const auto numbers = reinterpret_cast<__m512bh>(_mm512_set1_epi32(pair[m * (taps.in / 2)]));
#pragma GCC unroll 2
        for (int r = 0; r < registers; ++r) sum[m][r] = _mm512_dpbf16_ps(sum[m][r], w[r], numbers);
      }
    }
  }
#pragma GCC unroll 12
  for (int m = 0; m < together; ++m)
#pragma GCC unroll 2
    for (int r = 0; r < registers; ++r) _mm512_storeu_ps(y + m * y_step + r * lanes, sum[m][r]);
}

LP_AVX512_BF16 void panels(const std::uint16_t* x, std::int64_t rows, const Taps& taps,
                           const std::uint16_t* weight, const float* bias, float* y, std::int64_t out) {
  for (std::int64_t channel = 0; channel < out; channel += wide) {
    const float* const start = bias != nullptr ? bias + channel : nullptr;
    for (std::int64_t row = 0; row < rows; row += together)
      if (out - channel >= wide)
        panel<2>(x + row * taps.in, taps, weight, start, y + row * out + channel, out);
      else
        panel<1>(x + row * taps.in, taps, weight, start, y + row * out + channel, out);
    weight += taps.count * taps.in * std::min(wide, out - channel);
  }
}

}  // namespace

bool BfloatFilter::fits(const Framing& how, std::int64_t in, std::int64_t out) {
  return processor_has(dnnl::cpu_isa::avx512_core_bf16) && !processor_has(dnnl::cpu_isa::avx512_core_amx) &&
         how.stride == 1 && in % 2 == 0 && out % lanes == 0;
}

BfloatFilter::BfloatFilter(const Framing& how, std::int64_t in, std::int64_t out)
    : how_(how), in_(in), out_(out) {
  const std::int64_t rows = std::max<std::int64_t>(block_numbers / (in / 2 + out), 1);
  block_ = (rows + together - 1) / together * together;
}

std::vector<float> BfloatFilter::arranged(std::span<const float> weight) const {
  std::vector<float> made;
  made.reserve(weight.size());
  for (std::int64_t channel = 0; channel < out_; channel += wide)
    for (std::int64_t tap = 0; tap < how_.taps; ++tap)
      for (std::int64_t ci = 0; ci < in_; ci += 2)
        for (std::int64_t co = channel; co < std::min(channel + wide, out_); ++co)
          for (std::int64_t of_pair = 0; of_pair < 2; ++of_pair)
            made.push_back(weight[static_cast<std::size_t>((co * in_ + ci + of_pair) * how_.taps + tap)]);
  return made;
}

void BfloatFilter::run(const SomeRows<std::uint16_t>& x, const std::uint16_t* weight, const float* bias,
                       std::int64_t first, std::int64_t count, float* scratch, const TakeRows& take) const {
  auto* const padded = reinterpret_cast<std::uint16_t*>(scratch + block_ * out_);
  for (const std::int64_t end = first + count; first < end; first += block_) {
    const std::int64_t made = std::min(block_, end - first),
                       rows = (made + together - 1) / together * together;
    const std::int64_t start = first - how_.padding, stop = start + read_rows(rows);
    const std::uint16_t* from = padded;
    if (start >= x.first && stop <= x.end) {
      from = x.at + (start - x.first) * in_;
    } else {
      const std::int64_t low = std::clamp(start, x.first, x.end), high = std::clamp(stop, low, x.end);
      std::fill_n(padded, read_rows(rows) * in_, std::uint16_t{0});
      std::copy(x.at + (low - x.first) * in_, x.at + (high - x.first) * in_, padded + (low - start) * in_);
    }
    panels(from, rows, {how_.taps, how_.dilation * in_, in_}, weight, bias, scratch, out_);
    take(first, made, scratch);
  }
}

#else

bool BfloatFilter::fits(const Framing&, std::int64_t, std::int64_t) {
  return false;
}
BfloatFilter::BfloatFilter(const Framing& how, std::int64_t in, std::int64_t out)
    : how_(how), in_(in), out_(out) {
  LP_ASSERT(false);  // does not fit
}
std::vector<float> BfloatFilter::arranged(std::span<const float>) const {
  return {};
}
void BfloatFilter::run(const SomeRows<std::uint16_t>&, const std::uint16_t*, const float*, std::int64_t,
                       std::int64_t, float*, const TakeRows&) const {}

#endif

}  // namespace lp::onednn
