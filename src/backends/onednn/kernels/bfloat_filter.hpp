#pragma once
#include "backends/onednn/kernels/frames.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
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

  /// Between dense rows [rows_in, in] and [rows_out, out]. `threads`: of the team that runs it.
  BfloatFilter(const Framing& how, std::int64_t rows_in, std::int64_t in, std::int64_t rows_out,
               std::int64_t out, int threads);

  /// A weight [out, in, taps] in the order in which it is read: weight_size() numbers.
  std::vector<float> arranged(std::span<const float> weight) const;
  std::int64_t weight_size() const { return how_.taps * in_ * out_; }
  /// Numbers (f32) of memory that a run needs.
  std::int64_t scratch_size() const { return threads_ * scratch_; }

  /// Takes rows of the result as they are made; several threads call it at once, each for other rows.
  using Take = std::function<void(std::int64_t first, std::int64_t count, float* rows)>;
  /// `weight`: as arranged, in bf16. `bias`: [out] or null. On the caller's OpenMP team.
  void run(const std::uint16_t* x, const std::uint16_t* weight, const float* bias, float* scratch,
           const Take& take) const;

 private:
  std::int64_t read_rows() const { return block_ + (how_.taps - 1) * how_.dilation; }

  Framing how_;
  std::int64_t rows_in_, in_, rows_out_, out_, threads_;
  std::int64_t block_ = 0;    // rows that one thread makes at a time
  std::int64_t scratch_ = 0;  // numbers of one thread
};

}  // namespace lp::onednn
