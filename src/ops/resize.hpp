#pragma once
#include "base/error.hpp"
#include "ops/op_list.hpp"
#include "ops/signature.hpp"

namespace lp::op {

struct ResizeNearest {
  static constexpr std::string_view name = "resize_nearest";
  static constexpr std::string_view doc =
      "Every pixel becomes factor x factor equal ones, as torch.nn.Upsample(scale_factor, mode=\"nearest\").";
  static constexpr std::string_view signature = "x[n, c, h, w] -> [n, c, h=oh, w=ow]";
  std::int64_t factor = 2;

  static void fields(auto& self, auto&& field) { field("factor", self.factor); }

  void infer(Dims& d) const {
    if (factor < 1) fail(Fault::bad_model, "resize_nearest: factor {} is not possible", factor);
    d["oh"] = d["h"] * factor;
    d["ow"] = d["w"] * factor;
  }
};

struct ResizeCubic {
  static constexpr std::string_view name = "resize_cubic";
  static constexpr std::string_view doc =
      "The picture at another size by cubic convolution with a = -0.75 of the nearest 4 x 4 pixels, pixel "
      "centres at halves, edges repeated, as torch.nn.functional.interpolate(mode=bicubic). With `antialias` "
      "= 1, a is -0.5, the kernel grows with the step where the picture shrinks, and weights beyond edges "
      "are shared among those inside, as interpolate(mode=bicubic, antialias=True). Source: Keys 1981, "
      "doi 10.1109/TASSP.1981.1163711.";
  static constexpr std::string_view signature = "x[n, c, h, w] -> [n, c, h=oh, w=ow]";
  std::int64_t height = 0, width = 0, antialias = 0;

  static void fields(auto& self, auto&& field) {
    field("height", self.height);
    field("width", self.width);
    field("antialias", self.antialias);
  }
  void infer(Dims& d) const {
    if (height < 1 || width < 1)
      fail(Fault::bad_model, "resize_cubic: a picture of {} x {} is not possible", width, height);
    if (antialias != 0 && antialias != 1)
      fail(Fault::bad_model, "resize_cubic: antialias is 0 or 1, not {}", antialias);
    d["oh"] = height;
    d["ow"] = width;
  }
};

using ResizeOps = OpList<ResizeNearest, ResizeCubic>;

}  // namespace lp::op
