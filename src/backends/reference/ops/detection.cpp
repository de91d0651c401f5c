#include "ops/detection.hpp"

#include "backends/reference/array.hpp"

#include <array>
#include <cmath>

namespace lp::reference {
namespace {

/// Expectation of softmax(x) over 0..bins-1; element k lies at k * step.
double expectation(const float* x, std::int64_t step, std::int64_t bins) {
  double greatest = x[0];
  for (std::int64_t k = 1; k < bins; ++k) greatest = std::max(greatest, static_cast<double>(x[k * step]));
  double sum = 0, weighted = 0;
  for (std::int64_t k = 0; k < bins; ++k) {
    const double e = std::exp(static_cast<double>(x[k * step]) - greatest);
    sum += e;
    weighted += e * static_cast<double>(k);
  }
  return weighted / sum;
}

void dfl_boxes(const Call& call) {
  const auto& how = call.as<op::DflBoxes>();
  const Array& x = *call.in[0];
  const std::int64_t height = x.size(2), width = x.size(3), cells = height * width;
  const auto pixels = static_cast<double>(how.stride);
  for (std::int64_t n = 0; n < x.size(0); ++n)
    for (std::int64_t a = 0; a < cells; ++a) {
      std::array<double, 4> side{};  // left, top, right, bottom
      for (std::int64_t s = 0; s < 4; ++s)
        side[static_cast<std::size_t>(s)] =
            expectation(x.data.data() + (n * x.size(1) + s * how.bins) * cells + a, cells, how.bins);
      const double cx = static_cast<double>(a % width) + 0.5, cy = static_cast<double>(a / width) + 0.5;
      float* const out = call.out.data.data() + n * 4 * cells + a;
      out[0] = static_cast<float>((cx + (side[2] - side[0]) / 2) * pixels);
      out[cells] = static_cast<float>((cy + (side[3] - side[1]) / 2) * pixels);
      out[2 * cells] = static_cast<float>((side[0] + side[2]) * pixels);
      out[3 * cells] = static_cast<float>((side[1] + side[3]) * pixels);
    }
}

}  // namespace

void add_detection_rules(Rules& rules) {
  rules.on<op::DflBoxes>(dfl_boxes);
}

}  // namespace lp::reference
