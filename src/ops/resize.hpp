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

using ResizeOps = OpList<ResizeNearest>;

}  // namespace lp::op
