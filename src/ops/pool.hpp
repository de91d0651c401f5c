#pragma once
#include "base/error.hpp"
#include "ops/op_list.hpp"
#include "ops/signature.hpp"

namespace lp::op {

struct MaxPool2d {
  static constexpr std::string_view name = "max_pool2d";
  static constexpr std::string_view doc =
      "The greatest value in each kernel x kernel window; padding (pixels on every side, at most half the "
      "kernel) never "
      "wins. As torch.nn.MaxPool2d.";
  static constexpr std::string_view signature = "x[n, c, h, w] -> [n, c, h=oh, w=ow]";
  std::int64_t kernel = 2, stride = 2, padding = 0;

  static void fields(auto& self, auto&& field) {
    field("kernel", self.kernel);
    field("stride", self.stride);
    field("padding", self.padding);
  }

  void infer(Dims& d) const {
    if (kernel < 1 || stride < 1 || padding < 0 || 2 * padding > kernel)
      fail(Fault::bad_model, "max_pool2d: kernel {}, stride {}, padding {} are not possible", kernel, stride,
           padding);
    d["oh"] = (d["h"] + 2 * padding - kernel) / stride + 1;
    d["ow"] = (d["w"] + 2 * padding - kernel) / stride + 1;
    for (const auto side : {"oh", "ow"})
      if (d[side].fixed() && d[side].size() < 1)
        fail(Fault::bad_model, "max_pool2d: `x` [h={}, w={}] is smaller than the kernel {}", d["h"].text(),
             d["w"].text(), kernel);
  }
};

using PoolOps = OpList<MaxPool2d>;

}  // namespace lp::op
