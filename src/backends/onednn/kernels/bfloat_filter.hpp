#pragma once
#include "backends/onednn/kernels/frames.hpp"
#include "backends/onednn/kernels/some_rows.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace lp::onednn {

/// A convolution of sequences of bf16 with sums in f32, by AVX-512's products of pairs: twelve rows by 32
/// channels of the result stay in registers while all taps go by. For any number of rows the same code, which
/// is not made when a plan is.
class BfloatFilter {
 public:
  /// Whether there is a kernel for these numbers of channels on this processor. (Where it has tiles, AMX,
  /// oneDNN's is faster.)
  static bool fits(const Framing& how, std::int64_t in, std::int64_t out);

  /// Between dense rows of `in` and of `out` numbers.
  BfloatFilter(const Framing& how, std::int64_t in, std::int64_t out);

  /// A weight [out, in, taps] in the order in which it is read: weight_size() numbers.
  std::vector<float> arranged(std::span<const float> weight) const;
  std::int64_t weight_size() const { return how_.taps * in_ * out_; }
  /// Rows of the result that are made at a time.
  std::int64_t block() const { return block_; }
  /// Rows that are made together: 24 registers of sums.
  static constexpr std::int64_t unit() { return 12; }
  /// Numbers (f32) of memory that a run needs.
  std::int64_t scratch_size() const { return block_ * out_ + (read_rows(block_) * in_ + 1) / 2; }

  /// Makes `count` rows of the result from row `first` on. `weight`: as arranged, in bf16. `bias`: [out] or
  /// null. On the caller's thread.
  void run(const SomeRows<std::uint16_t>& x, const std::uint16_t* weight, const float* bias,
           std::int64_t first, std::int64_t count, float* scratch, const TakeRows& take) const;

 private:
  std::int64_t read_rows(std::int64_t made) const { return made + (how_.taps - 1) * how_.dilation; }

  Framing how_;
  std::int64_t in_, out_;
  std::int64_t block_ = 0;
};

}  // namespace lp::onednn
