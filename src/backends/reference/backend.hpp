#pragma once
#include "backends/backend.hpp"

namespace lp::reference {

/// The specification of every op: plain loops over row-major f32, accumulated in double. Slow; what the
/// others are compared with.
const Backend& backend();

}  // namespace lp::reference
