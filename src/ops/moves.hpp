#pragma once
#include "ops/op.hpp"

namespace lp {

/// Whether every number of an op's result is one of its inputs', as it was: a slice, a concat, the largest of
/// some pixels, a pixel repeated. What types and levels the inputs have in common, the result may have, too.
bool only_moves(const Op& op);

}  // namespace lp
