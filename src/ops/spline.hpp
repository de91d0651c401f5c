#pragma once
#include "base/error.hpp"
#include "ops/op_list.hpp"
#include "ops/signature.hpp"

namespace lp::op {

struct RationalSpline {
  static constexpr std::string_view name = "rational_spline";
  static constexpr std::string_view doc =
      "Each number through a rising spline of its own: `bins` quotients of quadratic polynomials from -bound "
      "to bound, the number itself beyond. `how` holds 3 bins - 1 numbers for each: widths and heights of "
      "the "
      "bins before a softmax, derivatives between them before a softplus. With `inverse` = 1 the number that "
      "the spline takes to x. Source: Durkan et al. 2019, arXiv:1906.04032, eq. 4-8 and appendix A (least "
      "width, height and derivative 0.001).";
  static constexpr std::string_view signature = "x[b, s, d] how[b, s, p] -> [b, s, d]";
  std::int64_t bins = 10, inverse = 0;
  float bound = 5.0F;

  static void fields(auto& self, auto&& field) {
    field("bins", self.bins);
    field("bound", self.bound);
    field("inverse", self.inverse);
  }
  void infer(Dims& d) const {
    constexpr std::int64_t most_bins = 100;  // of least width each, they still fit
    if (bins < 1 || bins > most_bins || !(bound > 0) || (inverse != 0 && inverse != 1))
      fail(Fault::bad_model, "rational_spline: bins {}, bound {}, inverse {} are not possible", bins, bound,
           inverse);
    if (d["p"] != d["d"] * (3 * bins - 1))
      fail(Fault::bad_model, "rational_spline: `how` has {} numbers a row, but {} splines take {} each",
           d["p"].text(), d["d"].text(), 3 * bins - 1);
  }
};

using SplineOps = OpList<RationalSpline>;

}  // namespace lp::op
