#include "backends/onednn/kernels/softmax.hpp"

#include "backends/onednn/kernels/bfloat.hpp"
#include "backends/onednn/kernels/exponential.hpp"
#include "base/error.hpp"
#include "base/vectorize.hpp"

#include <algorithm>

namespace lp::onednn {
namespace {

constexpr std::int64_t lanes = 16;  // partial results, so that the compiler may keep them in vectors

LP_INLINED float greatest_of(const float* x, std::int64_t count) {
  float part[lanes];  // NOLINT(modernize-avoid-c-arrays): stays in registers
  std::fill_n(part, lanes, x[0]);
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (std::int64_t j = 0; j < lanes; ++j) part[j] = std::max(part[j], x[i + j]);
  for (; i < count; ++i) part[0] = std::max(part[0], x[i]);
  return *std::max_element(part, part + lanes);
}

/// x becomes exp(scale * x - shift); gives the sum.
LP_INLINED float exponentials(float* x, float scale, float shift, std::int64_t count) {
  float part[lanes] = {};  // NOLINT(modernize-avoid-c-arrays)
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (std::int64_t j = 0; j < lanes; ++j) part[j] += x[i + j] = fast_exp(scale * x[i + j] - shift);
  for (; i < count; ++i) part[0] += x[i] = fast_exp(scale * x[i] - shift);
  float sum = 0;
  for (const float each : part) sum += each;
  return sum;
}

LP_VECTORIZED void softmax_row(float* x, float scale, std::int64_t keys) {
  const float sum = exponentials(x, scale, scale * greatest_of(x, keys), keys);
  const float inverse = 1.0F / sum;
  for (std::int64_t i = 0; i < keys; ++i) x[i] *= inverse;
}

LP_VECTORIZED void round_row(const float* x, std::uint16_t* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = to_bfloat(x[i]);
}

}  // namespace

void masked_softmax(const View& scores_view, float* scores, float scale, const KeyMask& mask,
                    const View& to_view, std::byte* to) {
  const std::int64_t sequences = scores_view.dims[0], heads = scores_view.dims[1],
                     queries = scores_view.dims[2], capacity = scores_view.dims[3];
  if (mask.lengths != nullptr)
    for (std::int64_t b = 0; b < sequences; ++b)
      if (mask.lengths[b] < 0 || mask.lengths[b] > capacity)
        fail(Fault::bad_input, "attention: length {} is not within {} keys", mask.lengths[b], capacity);
#pragma omp parallel for schedule(static)
  for (std::int64_t row = 0; row < sequences * heads * queries; ++row) {
    const std::int64_t b = row / (heads * queries), query = row % queries;
    const std::int64_t length = mask.lengths != nullptr ? mask.lengths[b] : capacity;
    const std::int64_t keys = mask.causal ? std::max<std::int64_t>(0, length - queries + query + 1) : length;
    float* const x = scores + row * capacity;
    if (keys > 0) softmax_row(x, scale, keys);
    std::fill(x + keys, x + capacity, 0.0F);
    if (to_view.dtype == DType::bf16)
      round_row(x, reinterpret_cast<std::uint16_t*>(to) + row * capacity, capacity);
  }
}

}  // namespace lp::onednn
