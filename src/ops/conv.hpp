#pragma once
#include "base/error.hpp"
#include "ops/op_list.hpp"
#include "ops/signature.hpp"

namespace lp::op {

struct Conv1d {
  static constexpr std::string_view name = "conv1d";
  static constexpr std::string_view doc =
      "1-D cross-correlation along the rows of sequences whose channels lie in the last axis, zeros before "
      "and behind them: what torch.nn.Conv1d computes of [b, c, s]. `padding`: rows on each side. `groups`: "
      "1, or as many as channels, each by itself.";
  static constexpr std::string_view signature = "x[b, s, ci] weight[co, cg, k] bias?[co] -> [b, t=os, d=co]";
  std::int64_t stride = 1, padding = 0, dilation = 1, groups = 1;

  static void fields(auto& self, auto&& field) {
    field("stride", self.stride);
    field("padding", self.padding);
    field("dilation", self.dilation);
    field("groups", self.groups);
  }

  void infer(Dims& d) const {
    if (stride < 1 || padding < 0 || dilation < 1 || groups < 1)
      fail(Fault::bad_model, "conv1d: stride {}, padding {}, dilation {}, groups {} are not possible", stride,
           padding, dilation, groups);
    if (d["ci"] != d["cg"] * groups)
      fail(Fault::bad_model, "conv1d: `x` has {} channels, but `weight` takes {} in {} group(s)",
           d["ci"].text(), (d["cg"] * groups).text(), groups);
    if (groups > 1 && (d["cg"] != Dim(1) || d["co"] != d["ci"]))
      fail(Fault::bad_model, "conv1d: {} groups of {} channels to {}: a group is all channels or one", groups,
           d["cg"].text(), d["co"].text());
    d["os"] = (d["s"] + 2 * padding - (d["k"] - 1) * dilation - 1) / stride + 1;
    if (d["os"].fixed() && d["os"].size() < 1)
      fail(Fault::bad_model, "conv1d: `x` has {} rows, fewer than the kernel's {}", d["s"].text(),
           d["k"].text());
  }

  double flops(InputShapes inputs, const Shape& output) const {
    return 2.0 * static_cast<double>(elements(output)) *
           static_cast<double>(size_of(inputs, 1, 1) * size_of(inputs, 1, 2));
  }
};

struct Conv2d {
  static constexpr std::string_view name = "conv2d";
  static constexpr std::string_view doc =
      "2-D cross-correlation over zero-padded input, as torch.nn.Conv2d computes it: stride, padding (pixels "
      "on every "
      "side), dilation and groups are the same for both image axes.";
  static constexpr std::string_view signature =
      "x[n, ci, h, w] weight[co, cg, kh, kw] bias?[co] -> [n, c=co, h=oh, w=ow]";
  std::int64_t stride = 1, padding = 0, dilation = 1, groups = 1;

  static void fields(auto& self, auto&& field) {
    field("stride", self.stride);
    field("padding", self.padding);
    field("dilation", self.dilation);
    field("groups", self.groups);
  }

  void infer(Dims& d) const {
    if (stride < 1 || padding < 0 || dilation < 1 || groups < 1)
      fail(Fault::bad_model, "conv2d: stride {}, padding {}, dilation {}, groups {} are not possible", stride,
           padding, dilation, groups);
    if (d["ci"] != d["cg"] * groups)
      fail(Fault::bad_model, "conv2d: `x` has {} channels, but `weight` takes {} in {} group(s)",
           d["ci"].text(), (d["cg"] * groups).text(), groups);
    if (d["co"].size() % groups != 0)
      fail(Fault::bad_model, "conv2d: `weight` makes {} channels, not a multiple of {} groups",
           d["co"].text(), groups);
    d["oh"] = (d["h"] + 2 * padding - (d["kh"] - 1) * dilation - 1) / stride + 1;
    d["ow"] = (d["w"] + 2 * padding - (d["kw"] - 1) * dilation - 1) / stride + 1;
    for (const auto side : {"oh", "ow"})
      if (d[side].fixed() && d[side].size() < 1)
        fail(Fault::bad_model, "conv2d: `x` [h={}, w={}] is smaller than the kernel [{}, {}]", d["h"].text(),
             d["w"].text(), d["kh"].text(), d["kw"].text());
  }

  double flops(InputShapes inputs, const Shape& output) const {
    double macs = static_cast<double>(elements(output));
    for (std::size_t axis = 1; axis < 4; ++axis) macs *= static_cast<double>(size_of(inputs, 1, axis));
    return 2 * macs;
  }
};

struct ConvTranspose2d {
  static constexpr std::string_view name = "conv_transpose2d";
  static constexpr std::string_view doc =
      "A picture enlarged k times by learned weights: every pixel becomes k x k of its own, y[co, k h + i, k "
      "w + "
      "j] = sum over ci of x[ci, h, w] weight[ci, co, i, j] + bias[co], as torch.nn.ConvTranspose2d computes "
      "it "
      "with a stride as large as its square kernel.";
  static constexpr std::string_view signature =
      "x[n, ci, h, w] weight[ci, co, kh, kw] bias?[co] -> [n, c=co, h=oh, w=ow]";

  static void fields(auto&, auto&&) {}

  void infer(Dims& d) const {
    if (d["kh"] != d["kw"] || d["kh"].size() < 1)
      fail(Fault::bad_model, "conv_transpose2d: `weight` has a kernel of [{}, {}], not a square one",
           d["kh"].text(), d["kw"].text());
    d["oh"] = d["h"] * d["kh"].size();
    d["ow"] = d["w"] * d["kw"].size();
  }

  double flops(InputShapes inputs, const Shape& output) const {
    return 2.0 * static_cast<double>(elements(output)) * static_cast<double>(size_of(inputs, 1, 0));
  }
};

struct ConvTranspose1d {
  static constexpr std::string_view name = "conv_transpose1d";
  static constexpr std::string_view doc =
      "Sequences made longer by learned weights: row r of x adds weight[ci, co, j] times its channels to row "
      "r stride + j - padding, as torch.nn.ConvTranspose1d computes it of [b, c, s].";
  static constexpr std::string_view signature = "x[b, s, ci] weight[ci, co, k] bias?[co] -> [b, t=os, d=co]";
  std::int64_t stride = 1, padding = 0;

  static void fields(auto& self, auto&& field) {
    field("stride", self.stride);
    field("padding", self.padding);
  }

  void infer(Dims& d) const {
    if (stride < 1 || padding < 0)
      fail(Fault::bad_model, "conv_transpose1d: stride {}, padding {} are not possible", stride, padding);
    d["os"] = (d["s"] - 1) * stride + d["k"] - 2 * padding;
    if (d["os"].fixed() && d["os"].size() < 1)
      fail(Fault::bad_model, "conv_transpose1d: a padding of {} leaves nothing of {} rows", padding,
           ((d["s"] - 1) * stride + d["k"]).text());
  }

  double flops(InputShapes inputs, const Shape& output) const {
    return 2.0 * static_cast<double>(elements(output)) *
           static_cast<double>(size_of(inputs, 1, 0) * size_of(inputs, 1, 2)) / static_cast<double>(stride);
  }
};

using ConvOps = OpList<Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d>;

}  // namespace lp::op
