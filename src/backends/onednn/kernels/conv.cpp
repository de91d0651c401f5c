#include "backends/onednn/kernels/conv.hpp"

#include "base/exponential.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace lp::onednn {
namespace {

// A tile of 8 pixels by 8 channels is 16 registers of sums; 8 of inputs and 2 of weights beside it leave none
// in memory.
constexpr std::int64_t tile_pixels = 8;
constexpr std::int64_t block = 8;
constexpr std::int64_t job_tiles =
    8;  // tiles that follow each other on one block of weights, which stays in the cache

using Lanes [[gnu::vector_size(16)]] = float;
using AnyLanes [[gnu::vector_size(16), gnu::aligned(4), gnu::may_alias]] =
    float;  // where floats lie, unaligned
using Pointers = std::array<const float*, tile_pixels>;

LP_INLINED Lanes load(const float* from) {
  return *reinterpret_cast<const AnyLanes*>(from);
}

/// Adds the products of `channels` inputs of every pixel and their [channels][block] weights.
LP_INLINED void multiply(const Pointers& from, const float* weight, std::int64_t channels,
                         Lanes (&sums)[tile_pixels][2]) {
  std::int64_t c = 0;
  for (; c + 4 <= channels; c += 4, weight += 4 * block) {
    Lanes x[tile_pixels];
#pragma GCC unroll 8
    for (std::size_t p = 0; p < tile_pixels; ++p) x[p] = load(from[p] + c);
#pragma GCC unroll 4
    for (int lane = 0; lane < 4; ++lane) {
      const Lanes first = load(weight + lane * block), second = load(weight + lane * block + 4);
#pragma GCC unroll 8
      for (std::size_t p = 0; p < tile_pixels; ++p) {
        sums[p][0] += first * x[p][lane];
        sums[p][1] += second * x[p][lane];
      }
    }
  }
  for (; c < channels; ++c, weight += block) {
    const Lanes first = load(weight), second = load(weight + 4);
#pragma GCC unroll 8
    for (std::size_t p = 0; p < tile_pixels; ++p) {
      sums[p][0] += first * from[p][c];
      sums[p][1] += second * from[p][c];
    }
  }
}

bool is_depthwise(const std::vector<std::int64_t>& weight) {
  return weight.size() == 5 && weight[1] == 1 && weight[2] == 1;
}

}  // namespace

Conv::Conv(const How& how, const View& x, const std::vector<std::int64_t>& weight, const View& y)
    : how_(how),
      images_(x.dims[0]),
      in_h_(x.dims[2]),
      in_w_(x.dims[3]),
      in_c_(x.dims[1]),
      out_h_(y.dims[2]),
      out_w_(y.dims[3]),
      out_c_(y.dims[1]),
      kernel_h_(weight[weight.size() - 2]),
      kernel_w_(weight.back()),
      group_in_(in_c_ / how.groups),
      group_out_(out_c_ / how.groups),
      group_blocks_((group_out_ + block - 1) / block),
      zeros_(static_cast<std::size_t>(group_in_)) {}

dnnl::memory::desc Conv::weight_layout(const std::vector<std::int64_t>& weight) {
  using Tag = dnnl::memory::format_tag;
  const Tag tag = is_depthwise(weight) ? Tag::hwigo : weight.size() == 5 ? Tag::gOhwi8o : Tag::Ohwi8o;
  return {weight, dnnl::memory::data_type::f32, tag};
}

/// Brings `count` sums of the channels from `channel` on to the output pixel `at`. `sums` has room for whole
/// blocks.
void Conv::finish(const Data& data, float* sums, std::int64_t at, std::int64_t channel,
                  std::int64_t count) const {
  const std::int64_t whole = (count + block - 1) / block * block;
  if (data.bias != nullptr)
    for (std::int64_t c = 0; c < count; ++c) sums[c] += data.bias[channel + c];
  if (how_.silu)
    for (std::int64_t c = 0; c < whole; ++c) sums[c] /= 1.0F + fast_exp(-sums[c]);
  const std::int64_t first = at * out_c_ + channel;
  if (data.residual != nullptr)
    for (std::int64_t c = 0; c < count; ++c) sums[c] += data.residual[first + c];
  if (how_.relu)
    for (std::int64_t c = 0; c < count; ++c) sums[c] = std::max(sums[c], 0.0F);
  std::copy_n(sums, count, data.y + first);
}

void Conv::run_tile(const Data& data, std::int64_t image, std::int64_t pixel, std::int64_t b) const {
  const std::int64_t group = b / group_blocks_, from_channel = group * group_in_;
  const std::int64_t channel = b % group_blocks_ * block;  // of the group
  const std::int64_t pixels = std::min(tile_pixels, out_h_ * out_w_ - pixel);
  const float* const x = data.x + image * in_h_ * in_w_ * in_c_ + from_channel;
  const float* weight = data.weight + b * block * kernel_h_ * kernel_w_ * group_in_;

  // Where the kernel lies on the input.
  std::array<std::int64_t, tile_pixels> top{}, left{};
  for (std::size_t p = 0; p < tile_pixels;
       ++p) {  // those past the end repeat the last one and are not stored
    const std::int64_t at = std::min(pixel + static_cast<std::int64_t>(p), out_h_ * out_w_ - 1);
    top[p] = at / out_w_ * how_.stride - how_.padding;
    left[p] = at % out_w_ * how_.stride - how_.padding;
  }
  Lanes sums[tile_pixels][2] = {};
  for (std::int64_t i = 0; i < kernel_h_; ++i)
    for (std::int64_t j = 0; j < kernel_w_; ++j, weight += group_in_ * block) {
      Pointers from;
      for (std::size_t p = 0; p < tile_pixels; ++p) {
        const std::int64_t row = top[p] + i * how_.dilation, column = left[p] + j * how_.dilation;
        const bool inside = row >= 0 && row < in_h_ && column >= 0 && column < in_w_;
        from[p] = inside ? x + (row * in_w_ + column) * in_c_ : zeros_.data();
      }
      multiply(from, weight, group_in_, sums);
    }
  const std::int64_t count = std::min(block, group_out_ - channel);
  for (std::int64_t p = 0; p < pixels; ++p) {
    std::array<float, block> row{};
    std::memcpy(row.data(), sums[p], sizeof row);
    finish(data, row.data(), image * out_h_ * out_w_ + pixel + p, group * group_out_ + channel, count);
  }
}

/// One row of output pixels where every channel is convolved by itself. Weights [kh][kw][c].
void Conv::run_depthwise(const Data& data, std::int64_t row) const {
  const std::int64_t image = row / out_h_, top = row % out_h_ * how_.stride - how_.padding;
  std::vector<float> sums(static_cast<std::size_t>((in_c_ + block - 1) / block * block));
  for (std::int64_t at = 0; at < out_w_; ++at) {
    std::fill(sums.begin(), sums.end(), 0.0F);
    for (std::int64_t i = 0; i < kernel_h_; ++i)
      for (std::int64_t j = 0; j < kernel_w_; ++j) {
        const std::int64_t y = top + i * how_.dilation,
                           x = at * how_.stride - how_.padding + j * how_.dilation;
        if (y < 0 || y >= in_h_ || x < 0 || x >= in_w_) continue;
        const float* const from = data.x + ((image * in_h_ + y) * in_w_ + x) * in_c_;
        const float* const weight = data.weight + (i * kernel_w_ + j) * in_c_;
        for (std::int64_t c = 0; c < in_c_; ++c) sums[static_cast<std::size_t>(c)] += from[c] * weight[c];
      }
    finish(data, sums.data(), row * out_w_ + at, 0, in_c_);
  }
}

void Conv::run(const Data& data) const {
  if (group_in_ == 1 && group_out_ == 1 && how_.groups > 1) {
#pragma omp parallel for schedule(static)
    for (std::int64_t row = 0; row < images_ * out_h_; ++row) run_depthwise(data, row);
    return;
  }
  const std::int64_t pixels = out_h_ * out_w_, step = tile_pixels * job_tiles;
  const std::int64_t parts = (pixels + step - 1) / step, blocks = how_.groups * group_blocks_;
#pragma omp parallel for collapse(2) schedule(static)
  for (std::int64_t part = 0; part < images_ * parts; ++part)
    for (std::int64_t b = 0; b < blocks; ++b) {
      const std::int64_t first = part % parts * step, end = std::min(first + step, pixels);
      for (std::int64_t pixel = first; pixel < end; pixel += tile_pixels)
        run_tile(data, part / parts, pixel, b);
    }
}

}  // namespace lp::onednn
