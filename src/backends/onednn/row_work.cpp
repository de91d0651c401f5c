#include "backends/onednn/row_work.hpp"

#include <algorithm>
#include <atomic>

namespace lp::onednn {

void run_all_rows(const RowWork& work, const Bindings& at, float* scratch, int threads) {
  if (work.check) work.check(at);
  const std::int64_t sequences = work.y.dims[0], rows = work.y.dims[1];
  const std::int64_t share = ((rows + threads - 1) / threads + work.unit - 1) / work.unit * work.unit,
                     block = std::min(work.block, share), blocks = (rows + block - 1) / block;
  std::atomic<std::int64_t> next = 0;
#pragma omp parallel for schedule(static, 1)
  for (int thread = 0; thread < threads; ++thread)
    // Blocks go to whoever is free: another process may have the processor of one thread.
    for (std::int64_t i = next.fetch_add(1); i < sequences * blocks; i = next.fetch_add(1)) {
      const std::int64_t first = i % blocks * block;
      work.run(RowMemory(at, i / blocks), {first, std::min(block, rows - first)},
               scratch + thread * work.scratch);
    }
}

}  // namespace lp::onednn
