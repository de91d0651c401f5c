#pragma once
#include "base/error.hpp"
#include "ops/op_list.hpp"
#include "ops/signature.hpp"

namespace lp::op {

struct DflBoxes {
  static constexpr std::string_view name = "dfl_boxes";
  static constexpr std::string_view doc =
      "Boxes of one detection level. `x` holds, for each cell, four distributions over `bins` distances "
      "(left, top, right, "
      "bottom, in cells); a distance is the expectation of its softmax. The box around the cell's centre "
      "comes out as "
      "centre x, centre y, width, height in pixels, `stride` pixels a cell; anchors run row by row. Source: "
      "Li et al. 2020, "
      "arXiv:2006.04388, eq. 5-6 (distribution focal loss); YOLOv8's anchor points at cell centres.";
  static constexpr std::string_view signature = "x[n, c4, h, w] -> [n, c=four, a]";
  std::int64_t bins = 16, stride = 8;

  static void fields(auto& self, auto&& field) {
    field("bins", self.bins);
    field("stride", self.stride);
  }

  void infer(Dims& d) const {
    if (bins < 1 || stride < 1)
      fail(Fault::bad_model, "dfl_boxes: bins {}, stride {} are not possible", bins, stride);
    if (d["c4"] != Dim(4 * bins))
      fail(Fault::bad_model, "dfl_boxes: `x` has {} channels, expected 4 * {} bins", d["c4"].text(), bins);
    d.bound["four"] = {"c", 4};
    d.bound["a"] = {"a", d["h"] * d["w"].size()};
  }
};

using DetectionOps = OpList<DflBoxes>;

}  // namespace lp::op
