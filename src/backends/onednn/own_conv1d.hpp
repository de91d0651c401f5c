#pragma once
#include "backends/onednn/builder.hpp"
#include "backends/onednn/kernels/frames.hpp"

namespace lp::onednn {

/// Which rows a conv1d node multiplies.
Framing framing_of(const Builder& b, int id);

/// Whether a conv1d node has a bias.
bool has_bias(const Node& node);

/// Adds one of our kernels for a conv1d node of one group, with all that is fused to it, from the dense `x`
/// to the dense `y`. False where none of them takes its sizes on this processor: nothing was added then.
bool add_own_conv1d(Builder& b, int id, const View& x, const View& y);

}  // namespace lp::onednn
