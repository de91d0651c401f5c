#pragma once
#include "backends/onednn/view.hpp"

#include <vector>

namespace lp::onednn {

/// Our own convolution, for processors on which oneDNN has none but its reference code (ARM without 256-bit
/// SVE). Dense f32 values, channels last. It reads the input where it lies, through one pointer a pixel and
/// kernel tap, so that no matrix of patches is made (Dukhan 2019, "The Indirect Convolution Algorithm"); a
/// tile of pixels by channels stays in the 32 registers that ARM has.
class Conv {
 public:
  struct How {
    std::int64_t stride = 1, padding = 0, dilation = 1, groups = 1;
    bool silu = false;  // x * sigmoid(x) after the bias
    bool relu = false;  // max(x, 0) after all else
  };
  struct Data {
    const float* x;         // as the view `x`
    const float* weight;    // as `weight_layout`
    const float* bias;      // [co], or null
    const float* residual;  // as the view `y`, added after silu, or null
    float* y;               // as the view `y`
  };

  /// `weight` are its dims in row-major order: [co, ci, kh, kw], or [g, co/g, ci/g, kh, kw].
  Conv(const How& how, const View& x, const std::vector<std::int64_t>& weight, const View& y);

  /// The layout in which weights of these dims are read.
  static dnnl::memory::desc weight_layout(const std::vector<std::int64_t>& weight);

  /// Runs on the caller's OpenMP team.
  void run(const Data& data) const;

 private:
  void run_tile(const Data& data, std::int64_t image, std::int64_t pixel, std::int64_t block) const;
  void run_depthwise(const Data& data, std::int64_t row) const;
  void finish(const Data& data, float* sums, std::int64_t at, std::int64_t channel, std::int64_t count) const;

  How how_;
  std::int64_t images_, in_h_, in_w_, in_c_, out_h_, out_w_, out_c_, kernel_h_, kernel_w_;
  std::int64_t group_in_, group_out_, group_blocks_;  // channels of one group, and blocks of output channels
  std::vector<float> zeros_;                          // what a pixel outside the picture holds
};

}  // namespace lp::onednn
