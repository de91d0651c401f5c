#include "backends/onednn/kernels/silu.hpp"

#include "backends/onednn/kernels/exponential.hpp"
#include "base/vectorize.hpp"

#include <algorithm>

namespace lp::onednn {
namespace {

constexpr std::int64_t chunk = 4096;

LP_VECTORIZED void silu_run(const float* from, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = from[i] / (1.0F + fast_exp(-from[i]));
}

}  // namespace

void silu(const View& view, const float* from, float* to) {
  const std::int64_t total = view.elements();
#pragma omp parallel for schedule(static)
  for (std::int64_t start = 0; start < total; start += chunk)
    silu_run(from + start, to + start, std::min(chunk, total - start));
}

}  // namespace lp::onednn
