#include "backends/onednn/kernels/few_queries.hpp"

#include "backends/onednn/kernels/bfloat.hpp"
#include "base/exponential.hpp"
#include "base/vectorize.hpp"

#include <omp.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>

namespace lp::onednn {
namespace {

/// What one thread computes: some heads that lie side by side, of all queries of one sequence.
struct Part {
  std::int64_t heads, queries, width, value_width;  // widths of a head
  std::int64_t capacity, keys;                      // scores of a query that there is room for; that count
  std::int64_t first_keys;                          // of them, of the first query; one more for each later
  bool causal;
  std::int64_t k_stride, v_stride;

  std::int64_t keys_of(std::int64_t query) const {
    return causal ? std::max<std::int64_t>(0, first_keys + query) : keys;
  }
};

LP_INLINED float number(float value) {
  return value;
}
LP_INLINED float number(std::uint16_t value) {
  return from_bfloat(value);
}

constexpr std::int64_t keys_together = 16;  // read from memory in the order in which they lie
constexpr std::int64_t usual_width = 64;    // of a head: loops of a known length stay in registers

/// The two numbers of a pair of bf16 that one 32-bit word holds: half the work of widening each by itself.
LP_INLINED float first_of(std::uint32_t pair) {
  return std::bit_cast<float>(pair << 16U);
}
LP_INLINED float second_of(std::uint32_t pair) {
  return std::bit_cast<float>(pair & 0xFFFF0000U);
}

/// Numbers of a head in the order in which rows are multiplied by them: those of bf16 with the first ones of
/// all pairs before the second ones.
template <std::int64_t width>
LP_INLINED void order_as(const float* from, const std::uint16_t* /*rows*/, float* to) {
  for (std::int64_t i = 0; i < width / 2; ++i) to[i] = from[2 * i], to[width / 2 + i] = from[2 * i + 1];
}
template <std::int64_t width>
LP_INLINED void order_as(const float* from, const float* /*rows*/, float* to) {
  std::copy_n(from, width, to);
}

template <std::int64_t width>
LP_INLINED float product(const float* asked, const std::uint16_t* row) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < width / 2; ++i) {
    std::uint32_t pair = 0;
    std::memcpy(&pair, row + 2 * i, sizeof(pair));
    sum += asked[i] * first_of(pair) + asked[width / 2 + i] * second_of(pair);
  }
  return sum;
}
template <std::int64_t width>
LP_INLINED float product(const float* asked, const float* row) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < width; ++i) sum += asked[i] * row[i];
  return sum;
}

template <std::int64_t width>
LP_INLINED void add_product(float weight, const std::uint16_t* row, float* sum) {
#pragma omp simd
  for (std::int64_t i = 0; i < width / 2; ++i) {
    std::uint32_t pair = 0;
    std::memcpy(&pair, row + 2 * i, sizeof(pair));
    sum[i] += weight * first_of(pair);
    sum[width / 2 + i] += weight * second_of(pair);
  }
}
template <std::int64_t width>
LP_INLINED void add_product(float weight, const float* row, float* sum) {
#pragma omp simd
  for (std::int64_t i = 0; i < width; ++i) sum[i] += weight * row[i];
}

/// scores[head][query][key] = q . k; q as [head][query][width].
template <class Number>
LP_INLINED void score_keys(const Part& part, const float* q, const Number* k, float* scores) {
  for (std::int64_t first = 0; first < part.keys; first += keys_together) {
    const std::int64_t end = std::min(first + keys_together, part.keys);
    for (std::int64_t at = 0; at < part.heads * part.queries; ++at) {
      const float* const asked = q + at * part.width;
      const Number* const head = k + at / part.queries * part.width;
      for (std::int64_t key = first; key < end; ++key) {
        const Number* const row = head + key * part.k_stride;
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (std::int64_t i = 0; i < part.width; ++i) sum += asked[i] * number(row[i]);
        scores[at * part.capacity + key] = sum;
      }
    }
  }
}

/// The same of heads of the usual width.
template <class Number>
LP_INLINED void score_usual_keys(const Part& part, const float* q, const Number* k, float* scores) {
  for (std::int64_t first = 0; first < part.keys; first += keys_together) {
    const std::int64_t end = std::min(first + keys_together, part.keys);
    for (std::int64_t at = 0; at < part.heads * part.queries; ++at) {
      float asked[usual_width];  // NOLINT(modernize-avoid-c-arrays): stays in registers
      order_as<usual_width>(q + at * usual_width, k, asked);
      const Number* const head = k + at / part.queries * usual_width;
      for (std::int64_t key = first; key < end; ++key)
        scores[at * part.capacity + key] = product<usual_width>(asked, head + key * part.k_stride);
    }
  }
}

/// Scores to weights, not yet divided by their sum, whose inverse goes to `inverse`.
LP_INLINED void weigh(const Part& part, float scale, float* scores, float* inverse) {
  for (std::int64_t at = 0; at < part.heads * part.queries; ++at) {
    float* const x = scores + at * part.capacity;
    const std::int64_t keys = part.keys_of(at % part.queries);
    float greatest = keys > 0 ? x[0] : 0.0F;
#pragma omp simd reduction(max : greatest)
    for (std::int64_t i = 0; i < keys; ++i) greatest = x[i] > greatest ? x[i] : greatest;
    const float shift = scale * greatest;
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = 0; i < keys; ++i) sum += x[i] = fast_exp_to_88(scale * x[i] - shift);
    std::fill(x + keys, x + std::max(keys, part.keys), 0.0F);
    inverse[at] = keys > 0 ? 1.0F / sum : 0.0F;
  }
}

/// to[head][query][value_width] = sum of weights times v.
template <class Number>
LP_INLINED void add_values(const Part& part, const float* weights, const Number* v, float* to) {
  const std::int64_t width = part.value_width;
  std::fill_n(to, part.heads * part.queries * width, 0.0F);
  for (std::int64_t first = 0; first < part.keys; first += keys_together) {
    const std::int64_t end = std::min(first + keys_together, part.keys);
    for (std::int64_t at = 0; at < part.heads * part.queries; ++at) {
      const Number* const head = v + at / part.queries * width;
      const float* const weight = weights + at * part.capacity;
      float* const sum = to + at * width;
      for (std::int64_t key = first; key < end; ++key) {
        const Number* const row = head + key * part.v_stride;
#pragma omp simd
        for (std::int64_t i = 0; i < width; ++i) sum[i] += weight[key] * number(row[i]);
      }
    }
  }
}

/// The same of heads of the usual width.
template <class Number>
LP_INLINED void add_usual_values(const Part& part, const float* weights, const Number* v, float* to) {
  std::fill_n(to, part.heads * part.queries * usual_width, 0.0F);
  for (std::int64_t first = 0; first < part.keys; first += keys_together) {
    const std::int64_t end = std::min(first + keys_together, part.keys);
    for (std::int64_t at = 0; at < part.heads * part.queries; ++at) {
      const Number* const head = v + at / part.queries * usual_width;
      float sum[usual_width];  // NOLINT(modernize-avoid-c-arrays): stays in registers
      std::copy_n(to + at * usual_width, usual_width, sum);
      for (std::int64_t key = first; key < end; ++key)
        add_product<usual_width>(weights[at * part.capacity + key], head + key * part.v_stride, sum);
      std::copy_n(sum, usual_width, to + at * usual_width);
    }
  }
  if constexpr (std::is_same_v<Number, std::uint16_t>)  // back from the order of pairs
    for (std::int64_t at = 0; at < part.heads * part.queries; ++at) {
      float sum[usual_width];  // NOLINT(modernize-avoid-c-arrays)
      std::copy_n(to + at * usual_width, usual_width, sum);
      for (std::int64_t i = 0; i < usual_width / 2; ++i) {
        to[at * usual_width + 2 * i] = sum[i];
        to[at * usual_width + 2 * i + 1] = sum[usual_width / 2 + i];
      }
    }
}

template <class Number>
LP_INLINED void attend(const Part& part, float scale, const float* q, const Number* k, const Number* v,
                       float* scores, float* inverse, float* to) {
  const bool usual = part.width == usual_width && part.value_width == usual_width;
  usual ? score_usual_keys(part, q, k, scores) : score_keys(part, q, k, scores);
  weigh(part, scale, scores, inverse);
  usual ? add_usual_values(part, scores, v, to) : add_values(part, scores, v, to);
}

LP_VECTORIZED void attend_to(const Part& part, float scale, const float* q, const float* k, const float* v,
                             float* scores, float* inverse, float* to) {
  attend(part, scale, q, k, v, scores, inverse, to);
}
LP_VECTORIZED void attend_to(const Part& part, float scale, const float* q, const std::uint16_t* k,
                             const std::uint16_t* v, float* scores, float* inverse, float* to) {
  attend(part, scale, q, k, v, scores, inverse, to);
}

/// Heads that one thread takes, so that it reads longer pieces of a row and all threads have some.
std::int64_t heads_together(std::int64_t heads, std::int64_t sequences) {
  std::int64_t together = heads;
  while (together > 1 && (heads % together != 0 || sequences * (heads / together) < omp_get_max_threads()))
    --together;
  return together;
}

float read(DType type, const std::byte* base, std::int64_t at) {
  return type == DType::bf16 ? from_bfloat(reinterpret_cast<const std::uint16_t*>(base)[at])
                             : reinterpret_cast<const float*>(base)[at];
}

void write(DType type, std::byte* base, std::int64_t at, float value) {
  if (type == DType::bf16)
    reinterpret_cast<std::uint16_t*>(base)[at] = to_bfloat(value);
  else
    reinterpret_cast<float*>(base)[at] = value;
}

}  // namespace

std::int64_t FewQueries::scratch() const {
  const std::int64_t rows = q.dims[0] * heads * q.dims[1];
  return rows * (q.dims[2] / heads + k.dims[1] + v.dims[2] / heads + 1);
}

void FewQueries::run(const Data& data) const {
  const std::int64_t sequences = q.dims[0], queries = q.dims[1], capacity = k.dims[1];
  const std::int64_t width = q.dims[2] / heads, value_width = v.dims[2] / heads;
  check_lengths({data.lengths, causal}, sequences, capacity);
  // All queries, weights, sums and inverses of sums, each [b][head][query][...].
  const std::int64_t rows = sequences * heads * queries;
  float *const asked = data.scratch, *const scores = asked + rows * width,
               *const sums = scores + rows * capacity, *const inverse = sums + rows * value_width;
  const std::int64_t together = heads_together(heads, sequences);
#pragma omp parallel for schedule(static)
  for (std::int64_t at = 0; at < sequences * heads / together; ++at) {
    const std::int64_t b = at * together / heads, head = at * together % heads;
    const std::int64_t length = data.lengths != nullptr ? data.lengths[b] : capacity;
    const std::int64_t first = at * together * queries;
    const Part part{.heads = together,
                    .queries = queries,
                    .width = width,
                    .value_width = value_width,
                    .capacity = capacity,
                    .keys = length,
                    .first_keys = length - queries + 1,
                    .causal = causal,
                    .k_stride = k.strides[1],
                    .v_stride = v.strides[1]};
    for (std::int64_t row = 0; row < together * queries; ++row)
      for (std::int64_t i = 0; i < width; ++i)
        asked[(first + row) * width + i] =
            read(q.dtype, data.q,
                 b * q.strides[0] + row % queries * q.strides[1] + (head + row / queries) * width + i);
    const std::int64_t k_at = b * k.strides[0] + head * width, v_at = b * v.strides[0] + head * value_width;
    if (k.dtype == DType::bf16)
      attend_to(part, scale, asked + first * width, reinterpret_cast<const std::uint16_t*>(data.k) + k_at,
                reinterpret_cast<const std::uint16_t*>(data.v) + v_at, scores + first * capacity,
                inverse + first, sums + first * value_width);
    else
      attend_to(part, scale, asked + first * width, reinterpret_cast<const float*>(data.k) + k_at,
                reinterpret_cast<const float*>(data.v) + v_at, scores + first * capacity, inverse + first,
                sums + first * value_width);
    for (std::int64_t row = 0; row < together * queries; ++row)
      for (std::int64_t i = 0; i < value_width; ++i)
        write(y.dtype, data.y,
              b * y.strides[0] + row % queries * y.strides[1] + (head + row / queries) * value_width + i,
              sums[(first + row) * value_width + i] * inverse[first + row]);
  }
}

}  // namespace lp::onednn
