#pragma once
#include "backends/backend.hpp"

namespace lp::onednn {

/// oneDNN on processors: F32 everywhere, BF16 where the processor multiplies it. One layout, channels last;
/// convolutions with their activation and residual sum in one primitive; a plan of primitives made ahead of
/// time.
const Backend& backend();

}  // namespace lp::onednn
