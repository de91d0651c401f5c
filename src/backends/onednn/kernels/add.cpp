#include "backends/onednn/kernels/add.hpp"

#include "base/vectorize.hpp"

#include <algorithm>

namespace lp::onednn {
namespace {

constexpr std::int64_t chunk = 4096;

LP_VECTORIZED void add_run(const float* a, const float* b, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = a[i] + b[i];
}

}  // namespace

void add(const View& view, const float* a, const float* b, float* to) {
  const std::int64_t total = view.elements();
#pragma omp parallel for schedule(static)
  for (std::int64_t start = 0; start < total; start += chunk)
    add_run(a + start, b + start, to + start, std::min(chunk, total - start));
}

}  // namespace lp::onednn
