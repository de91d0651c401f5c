#pragma once
#include "ir/graph.hpp"
#include "ops/quant.hpp"

#include <optional>
#include <vector>

namespace lp::onednn {

/// What a `quantize` multiplies its input by before: a node's id, or nothing.
std::optional<int> smoothing_of(const Node& node);

/// By node id: the levels of the values that are kept as u8: what `quantize` made, and what only moves or
/// picks such values. Smoothed ones are where only linear layers read them: their levels are those of the
/// smoothed numbers, which quantized weights expect that were divided by the same factors.
std::vector<std::optional<op::Levels>> find_levels(const Graph& graph);

}  // namespace lp::onednn
