#pragma once
#include "backends/coreml/emission.hpp"

#include <vector>

namespace lp::coreml {

/// What a linear layer's result is multiplied by next, one number a channel of it, if nobody else reads it:
/// the layer has it in its weights then, and who would multiply does not. Queries of an attention by 1 /
/// sqrt(width of a head), a branch by the scale that its checkpoint has. None: the layer is as it is.
std::vector<float> layer_factors(const Emission& emission, int id);

}  // namespace lp::coreml
