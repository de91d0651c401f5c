#pragma once
#include "backends/onednn/kernels/frames.hpp"
#include "backends/onednn/kernels/some_rows.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace lp::onednn {

/// A convolution of sequences of f32 with three to twelve taps by fewer multiplications. A tile, `outputs`
/// rows of the result, is what a product of two polynomials makes known, found from its values at seven or
/// eight points: each takes one product where the tile would take `outputs` times `taps`. 1.3 products remain
/// for a row of the result with 3 taps, 2 with 5, 3.5 with 7; the result is as exact as with f32 sums in
/// another order (1e-6). The filter of more than five taps is cut into parts that share the values of the
/// input. Needs AVX-512. Sources: Winograd 1980, "Arithmetic Complexity of Computations", V; Lavin and Gray
/// 2015, arXiv:1509.09308.
class ShortFilter {
 public:
  /// Whether there is a kernel for these numbers of channels on this processor.
  static bool fits(const Framing& how, std::int64_t in, std::int64_t out);

  /// Between dense rows of `in` and of `out` numbers.
  ShortFilter(const Framing& how, std::int64_t in, std::int64_t out);

  /// A weight [out, in, taps] as it is read: weight_size() numbers.
  std::vector<float> arranged(std::span<const float> weight) const;
  std::int64_t weight_size() const { return points() * parts_ * in_ * out_; }
  /// Rows of the result that are made at a time.
  std::int64_t block() const { return groups_ * group_rows(); }
  /// Rows that are made together.
  std::int64_t unit() const { return group_rows(); }
  /// Numbers of memory that a run needs.
  std::int64_t scratch_size() const { return scratch_; }

  /// Makes `count` rows of the result from row `first` on. `bias`: [out] or null. On the caller's thread.
  void run(const SomeRows<float>& x, const float* weight, const float* bias, std::int64_t first,
           std::int64_t count, float* scratch, const TakeRows& take) const;

 private:
  std::int64_t points() const { return has_zero_ ? 8 : 7; }
  std::int64_t group_rows() const { return outputs_ * how_.dilation; }
  std::int64_t tiles(std::int64_t groups) const;
  std::int64_t value_step() const;
  void transform(const SomeRows<float>& x, std::int64_t first, std::int64_t groups, float* values) const;
  void multiply(const float* values, std::int64_t groups, const float* weight, float* products) const;
  void finish(const float* products, std::int64_t groups, const float* bias, float* rows) const;

  Framing how_;
  std::int64_t in_, out_;
  bool has_zero_ = true;      // whether 0 is one of the points
  std::int64_t outputs_ = 4;  // rows of a tile, `dilation` apart
  std::int64_t parts_ = 1;    // of the filter
  std::int64_t groups_ = 1;   // of `dilation` tiles, whose rows lie between each other, in a block
  std::int64_t scratch_ = 0;  // numbers
  std::vector<float> zeros_;  // a row before or behind the sequence
};

}  // namespace lp::onednn
