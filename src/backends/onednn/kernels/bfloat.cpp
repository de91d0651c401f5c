#include "backends/onednn/kernels/bfloat.hpp"

namespace lp::onednn {

LP_VECTORIZED void widen(const std::uint16_t* from, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = from_bfloat(from[i]);
}

LP_VECTORIZED void narrow(const float* from, std::uint16_t* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = to_bfloat(from[i]);
}

}  // namespace lp::onednn
