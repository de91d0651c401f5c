#include "backends/onednn/kernels/softmax.hpp"

#include "backends/onednn/kernels/bfloat.hpp"
#include "base/error.hpp"
#include "base/exponential.hpp"
#include "base/vectorize.hpp"

#include <algorithm>
#include <cstring>

namespace lp::onednn {
namespace {

constexpr std::int64_t lanes = 16;  // partial results, in vectors

LP_INLINED float greatest_of(const float* x, std::int64_t count) {
  if (count < lanes) return *std::max_element(x, x + count);
  float part[lanes];  // NOLINT(modernize-avoid-c-arrays): stays in registers
  std::copy_n(x, lanes, part);
  for (std::int64_t i = lanes; i < count; i += lanes) {
    const float* const from = x + std::min(i, count - lanes);  // the last ones meet some numbers twice
#pragma omp simd                                               // GCC 12 makes 16 scalars of them else
    for (std::int64_t j = 0; j < lanes; ++j) part[j] = from[j] > part[j] ? from[j] : part[j];
  }
  return *std::max_element(part, part + lanes);
}

/// x becomes exp(scale * x - shift), which is nowhere above 0; gives the sum.
LP_INLINED float exponentials(float* x, float scale, float shift, std::int64_t count) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < count; ++i) sum += x[i] = fast_exp_to_88(scale * x[i] - shift);
  return sum;
}

LP_VECTORIZED void softmax_row(float* x, float scale, std::int64_t keys) {
  const float sum = exponentials(x, scale, scale * greatest_of(x, keys), keys);
  const float inverse = 1.0F / sum;
  for (std::int64_t i = 0; i < keys; ++i) x[i] *= inverse;
}

/// The same, rounded into `to`: weights from 0 to 1, or, where a score is no number, none of them is.
LP_VECTORIZED void rounded_softmax_row(float* x, std::uint16_t* to, float scale, std::int64_t keys) {
  const float sum = exponentials(x, scale, scale * greatest_of(x, keys), keys);
  const float inverse = 1.0F / sum;
  if (!(sum > 0)) {
    std::fill(to, to + keys, std::uint16_t{0x7FC0});
    return;
  }
  for (std::int64_t i = 0; i < keys; ++i) to[i] = finite_to_bfloat(x[i] * inverse);
}

/// exp(scale * x - shift) rounded to bf16, where x lies; gives the sum of what was rounded. A block is read
/// before it is written, and what is written ends before what is read next.
LP_INLINED float rounded_exponentials(std::byte* row, float scale, float shift, std::int64_t count) {
  float sums[lanes] = {};  // NOLINT(modernize-avoid-c-arrays): stays in registers
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    float x[lanes];           // NOLINT(modernize-avoid-c-arrays)
    std::uint16_t to[lanes];  // NOLINT(modernize-avoid-c-arrays)
    std::memcpy(x, row + i * 4, sizeof(x));
#pragma omp simd
    for (std::int64_t j = 0; j < lanes; ++j) {
      x[j] = coarse_exp_to_88(scale * x[j] - shift);
      sums[j] += x[j];
      to[j] = positive_to_bfloat(x[j]);
    }
    std::memcpy(row + i * 2, to, sizeof(to));
  }
  float sum = 0;
  for (const float part : sums) sum += part;
  for (; i < count; ++i) {
    float x = 0;
    std::memcpy(&x, row + i * 4, sizeof(x));
    x = coarse_exp_to_88(scale * x - shift);
    sum += x;
    const std::uint16_t to = positive_to_bfloat(x);
    std::memcpy(row + i * 2, &to, sizeof(to));
  }
  return sum;
}

LP_VECTORIZED float weighed(std::byte* row, float scale, std::int64_t keys, bool rounded) {
  auto* const x = reinterpret_cast<float*>(row);
  const float shift = scale * greatest_of(x, keys);
  return rounded ? rounded_exponentials(row, scale, shift, keys) : exponentials(x, scale, shift, keys);
}

}  // namespace

float weigh_row(std::byte* row, float scale, std::int64_t keys, std::int64_t capacity, bool rounded) {
  const float sum = keys > 0 ? weighed(row, scale, keys, rounded) : 0.0F;
  const std::int64_t size = rounded ? 2 : 4;
  std::memset(row + keys * size, 0, static_cast<std::size_t>((capacity - keys) * size));
  return keys > 0 ? 1.0F / sum : 0.0F;
}

void check_lengths(const KeyMask& mask, std::int64_t sequences, std::int64_t keys) {
  if (mask.lengths == nullptr) return;
  for (std::int64_t b = 0; b < sequences; ++b)
    if (mask.lengths[b] < 0 || mask.lengths[b] > keys)
      fail(Fault::bad_input, "attention: length {} is not within {} keys", mask.lengths[b], keys);
}

void masked_softmax(const View& scores_view, float* scores, float scale, const KeyMask& mask,
                    const View& to_view, std::byte* to) {
  const std::int64_t sequences = scores_view.dims[0], heads = scores_view.dims[1],
                     queries = scores_view.dims[2], capacity = scores_view.dims[3];
  check_lengths(mask, sequences, capacity);
#pragma omp parallel for schedule(static)
  for (std::int64_t row = 0; row < sequences * heads * queries; ++row) {
    const std::int64_t b = row / (heads * queries), query = row % queries;
    const std::int64_t length = mask.lengths != nullptr ? mask.lengths[b] : capacity;
    const std::int64_t keys = mask.causal ? std::max<std::int64_t>(0, length - queries + query + 1) : length;
    float* const x = scores + row * capacity;
    if (to_view.dtype == DType::bf16) {
      auto* const y = reinterpret_cast<std::uint16_t*>(to) + row * capacity;
      if (keys > 0) rounded_softmax_row(x, y, scale, keys);
      std::fill(y + keys, y + capacity, std::uint16_t{0});
    } else {
      if (keys > 0) softmax_row(x, scale, keys);
      std::fill(x + keys, x + capacity, 0.0F);
    }
  }
}

}  // namespace lp::onednn
