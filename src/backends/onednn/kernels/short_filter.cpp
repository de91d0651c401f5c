#include "backends/onednn/kernels/short_filter.hpp"

#include "backends/onednn/isa.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace lp::onednn {

#if defined(__x86_64__) && defined(__GNUC__)

namespace {

#define LP_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma")))
#define LP_AVX512_INLINED inline __attribute__((always_inline)) LP_AVX512

constexpr std::int64_t lanes = 16, wide = 32;  // numbers of a register; channels that are summed at once
constexpr std::int64_t together = 12;          // tiles that are: 24 registers of sums
constexpr std::size_t most_points = 8, most_taps = 5;  // taps of a part
// Values, products and results of a block: 100 KB, for the second cache.
constexpr std::int64_t block_numbers = 25'000;

using Vector = float __attribute__((vector_size(64), aligned(4), may_alias));

LP_AVX512_INLINED Vector load(const float* from) {
  return *reinterpret_cast<const Vector*>(from);
}
LP_AVX512_INLINED void store(float* to, Vector v) {
  *reinterpret_cast<Vector*>(to) = v;
}

/// What the points have in common: 1, -1, 2, -2, 1/2, -1/2, infinity and, before all, 0 or not. The
/// polynomial of all finite points but 0 is x^6 - 5.25 x^4 + 5.25 x^2 - 1, and that of all but p, -p and 0 is
/// x^4 - high x^2 + low.
struct Pair {
  float point, high, low;
};
constexpr std::array<Pair, 3> pairs = {Pair{1, 4.25F, 1}, Pair{2, 1.25F, 0.25F}, Pair{0.5F, 5, 4}};
constexpr float all = 5.25F;

/// Values at the points of the polynomial whose transposed one takes d: [points][stride].
template <bool has_zero>
LP_AVX512_INLINED void values_of(const Vector* d, float* to, std::int64_t stride) {
  constexpr int shift = has_zero ? 1 : 0;
  if (has_zero) {
    store(to, d[6] - d[0] + (d[2] - d[4]) * all);
    to += stride;
  }
#pragma GCC unroll 3
  for (const Pair& pair : pairs) {
    const Vector even = d[4 + shift] - d[2 + shift] * pair.high + d[0 + shift] * pair.low;
    const Vector odd = d[5 + shift] - d[3 + shift] * pair.high + d[1 + shift] * pair.low;
    store(to, odd + even * pair.point);
    store(to + stride, odd - even * pair.point);
    to += 2 * stride;
  }
  store(to, d[6 + shift] - d[0 + shift] + (d[2 + shift] - d[4 + shift]) * all);
}

/// The coefficients from the products at the points.
template <bool has_zero, int outputs>
LP_AVX512_INLINED void outputs_of(const float* from, std::int64_t stride, Vector start, float* to,
                                  std::int64_t step) {
  Vector first = start;
  if (has_zero) {
    first += load(from);
    from += stride;
  }
  Vector sum[3], difference[3];
#pragma GCC unroll 3
  for (int i = 0; i < 3; ++i, from += 2 * stride) {
    const Vector plus = load(from), minus = load(from + stride);
    sum[i] = plus + minus;
    difference[i] = plus - minus;
  }
  float up = 1, down = 1;
#pragma GCC unroll 8
  for (int j = 0; j < outputs; ++j, up *= 2, down *= 0.5F) {
    const Vector* const of = j % 2 == 0 ? sum : difference;
    Vector y = (j == 0 ? first : start) + of[0] + of[1] * up + of[2] * down;
    if (j == outputs - 1) y += load(from);
    store(to + j * step, y);
  }
}

/// Sums of products of twelve rows of x with a panel of `registers` times 16 columns.
template <int registers>
LP_AVX512_INLINED void panel(const float* x, std::int64_t part_step, std::int64_t parts, std::int64_t in,
                             const float* weight, float* y, std::int64_t y_step) {
  Vector sum[together][registers];
#pragma GCC unroll 12
  for (int m = 0; m < together; ++m)
#pragma GCC unroll 2
    for (int r = 0; r < registers; ++r) sum[m][r] = Vector{};
  for (std::int64_t part = 0; part < parts; ++part, x += part_step) {
    const float* row = x;
    for (std::int64_t k = 0; k < in; ++k, ++row, weight += registers * lanes) {
      Vector w[registers];
#pragma GCC unroll 2
      for (int r = 0; r < registers; ++r) w[r] = load(weight + r * lanes);
#pragma GCC unroll 12
      for (int m = 0; m < together; ++m) {
        const float factor = row[m * in];
#pragma GCC unroll 2
        for (int r = 0; r < registers; ++r) sum[m][r] += w[r] * factor;
      }
    }
  }
#pragma GCC unroll 12
  for (int m = 0; m < together; ++m)
#pragma GCC unroll 2
    for (int r = 0; r < registers; ++r) store(y + m * y_step + r * lanes, sum[m][r]);
}

LP_AVX512 void panels(const float* x, std::int64_t tiles, std::int64_t part_step, std::int64_t parts,
                      std::int64_t in, const float* weight, float* y, std::int64_t out) {
  for (std::int64_t channel = 0; channel < out; channel += wide) {
    for (std::int64_t tile = 0; tile < tiles; tile += together)
      if (out - channel >= wide)
        panel<2>(x + tile * in, part_step, parts, in, weight, y + tile * out + channel, out);
      else
        panel<1>(x + tile * in, part_step, parts, in, weight, y + tile * out + channel, out);
    weight += parts * in * std::min(wide, out - channel);
  }
}

template <bool has_zero>
LP_AVX512 void transform_tile(const float* const* rows, std::int64_t in, float* to, std::int64_t stride) {
  constexpr int points = has_zero ? 8 : 7;
  for (std::int64_t c = 0; c < in; c += lanes) {
    Vector d[points];
#pragma GCC unroll 8
    for (int j = 0; j < points; ++j) d[j] = load(rows[j] + c);
    values_of<has_zero>(d, to + c, stride);
  }
}

template <bool has_zero, int outputs>
LP_AVX512 void finish_tile(const float* products, std::int64_t step, std::int64_t out, const float* bias,
                           float* to, std::int64_t to_step) {
  for (std::int64_t c = 0; c < out; c += lanes) {
    const Vector start = bias != nullptr ? load(bias + c) : Vector{};
    outputs_of<has_zero, outputs>(products + c, step, start, to + c, to_step);
  }
}

/// By point: what the taps of a part are multiplied by to give its value there, over the product of the
/// point's differences to all others; at infinity it is the highest coefficient, if there is one that high.
std::vector<std::vector<double>> evaluation(bool has_zero, std::int64_t taps, std::int64_t highest) {
  std::vector<double> finite;
  if (has_zero) finite.push_back(0);
  for (const Pair& pair : pairs) {
    finite.push_back(static_cast<double>(pair.point));
    finite.push_back(-static_cast<double>(pair.point));
  }
  std::vector<std::vector<double>> factors;
  for (const double point : finite) {
    double power = 1;
    for (const double other : finite)
      if (other != point) power /= point - other;
    std::vector<double>& each = factors.emplace_back();
    for (std::int64_t j = 0; j < taps; ++j, power *= point) each.push_back(power);
  }
  std::vector<double>& last = factors.emplace_back(static_cast<std::size_t>(taps), 0.0);
  if (highest < taps) last[static_cast<std::size_t>(highest)] = 1;
  return factors;
}

}  // namespace

bool ShortFilter::fits(const Framing& how, std::int64_t in, std::int64_t out) {
  constexpr std::int64_t least = 3, most = 12;
  return processor_has(dnnl::cpu_isa::avx512_core) && how.stride == 1 && how.taps >= least &&
         how.taps <= most && in % lanes == 0 && out % lanes == 0;
}

ShortFilter::ShortFilter(const Framing& how, std::int64_t in, std::int64_t out)
    : how_(how),
      in_(in),
      out_(out),
      has_zero_(how.taps == 3 || how.taps == 5),
      outputs_(how.taps == 3 ? 6 : 4),
      parts_(has_zero_ ? 1 : (how.taps + outputs_ - 1) / outputs_),
      zeros_(static_cast<std::size_t>(in)) {
  // Blocks stay in the nearest caches and fill the registers.
  const std::int64_t full = together / std::gcd(together, how.dilation);  // groups without an empty place
  const std::int64_t a_group = (points() * in + (points() + outputs_) * out) * how.dilation;
  const std::int64_t least = (2 * together + how.dilation - 1) / how.dilation;
  groups_ = std::max(block_numbers / a_group, least);
  if (groups_ > full) groups_ -= groups_ % full;
  scratch_ = points() * (value_step() + tiles(groups_) * out) + groups_ * group_rows() * out;
}

/// Tiles of a block that are multiplied: some are empty where the last registers have room.
std::int64_t ShortFilter::tiles(std::int64_t groups) const {
  return (groups * how_.dilation + together - 1) / together * together;
}

/// Numbers of a block's values at one point. The last parts of the filter look at the tiles behind the block.
std::int64_t ShortFilter::value_step() const {
  return (tiles(groups_) + (parts_ - 1) * how_.dilation) * in_;
}

std::vector<float> ShortFilter::arranged(std::span<const float> weight) const {
  const std::int64_t taps = parts_ > 1 ? outputs_ : how_.taps, point_size = parts_ * in_ * out_;
  const auto factors = evaluation(has_zero_, taps, points() - outputs_);
  std::vector<float> made(static_cast<std::size_t>(weight_size()));
#pragma omp parallel for schedule(static)
  for (std::int64_t channel = 0; channel < out_; channel += wide) {
    const std::int64_t width = std::min(wide, out_ - channel);
    std::array<std::array<double, wide>, most_taps> numbers{};  // of one channel of the input, by tap
    for (std::int64_t row = 0; row < parts_ * in_; ++row) {
      const std::int64_t ci = row % in_, first = row / in_ * taps, count = std::min(taps, how_.taps - first);
      for (std::int64_t i = 0; i < width; ++i) {
        const float* const filter = weight.data() + ((channel + i) * in_ + ci) * how_.taps + first;
        for (std::int64_t j = 0; j < count; ++j)
          numbers[static_cast<std::size_t>(j)][static_cast<std::size_t>(i)] = static_cast<double>(filter[j]);
      }
      float* to = made.data() + parts_ * in_ * channel + row * width;
      for (const std::vector<double>& factor : factors) {
        std::array<double, wide> sum{};
        for (std::size_t j = 0; j < static_cast<std::size_t>(count); ++j)
          for (std::size_t i = 0; i < wide; ++i) sum[i] += factor[j] * numbers[j][i];
        std::copy_n(sum.begin(), width, to);
        to += point_size;
      }
    }
  }
  return made;
}

void ShortFilter::transform(const SomeRows<float>& x, std::int64_t first, std::int64_t groups,
                            float* values) const {
  const auto tile = has_zero_ ? transform_tile<true> : transform_tile<false>;
  std::array<const float*, most_points> rows{};
  for (std::int64_t group = 0; group < groups + parts_ - 1; ++group, first += group_rows())
    for (std::int64_t phase = 0; phase < how_.dilation; ++phase, values += in_) {
      std::int64_t row = first + phase - how_.padding;
      for (const float*& each : rows) {
        each = row >= x.first && row < x.end ? x.at + (row - x.first) * in_ : zeros_.data();
        row += how_.dilation;
      }
      tile(rows.data(), in_, values, value_step());
    }
}

void ShortFilter::multiply(const float* values, std::int64_t groups, const float* weight,
                           float* products) const {
  for (std::int64_t point = 0; point < points(); ++point)
    panels(values + point * value_step(), tiles(groups), how_.dilation * in_, parts_, in_,
           weight + point * parts_ * in_ * out_, products + point * tiles(groups) * out_, out_);
}

void ShortFilter::finish(const float* products, std::int64_t groups, const float* bias, float* rows) const {
  const auto tile = !has_zero_      ? finish_tile<false, 4>
                    : outputs_ == 6 ? finish_tile<true, 6>
                                    : finish_tile<true, 4>;
  for (std::int64_t group = 0; group < groups; ++group, rows += group_rows() * out_)
    for (std::int64_t phase = 0; phase < how_.dilation; ++phase, products += out_)
      tile(products, tiles(groups) * out_, out_, bias, rows + phase * out_, how_.dilation * out_);
}

void ShortFilter::run(const SomeRows<float>& x, const float* weight, const float* bias, std::int64_t first,
                      std::int64_t count, float* scratch, const TakeRows& take) const {
  float* const values = scratch;
  float* const products = values + points() * value_step();
  float* const rows = products + points() * tiles(groups_) * out_;
  for (const std::int64_t end = first + count; first < end; first += block()) {
    const std::int64_t made = std::min(block(), end - first),
                       groups = (made + group_rows() - 1) / group_rows();
    transform(x, first, groups, values);
    multiply(values, groups, weight, products);
    finish(products, groups, bias, rows);
    take(first, made, rows);
  }
}

#else

bool ShortFilter::fits(const Framing&, std::int64_t, std::int64_t) {
  return false;
}
ShortFilter::ShortFilter(const Framing& how, std::int64_t in, std::int64_t out)
    : how_(how), in_(in), out_(out) {
  LP_ASSERT(false);  // does not fit
}
std::vector<float> ShortFilter::arranged(std::span<const float>) const {
  return {};
}
void ShortFilter::run(const SomeRows<float>&, const float*, const float*, std::int64_t, std::int64_t, float*,
                      const TakeRows&) const {}

#endif

}  // namespace lp::onednn
