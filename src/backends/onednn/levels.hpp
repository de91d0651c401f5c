#pragma once
#include "ir/graph.hpp"
#include "ops/quant.hpp"

#include <optional>
#include <vector>

namespace lp::onednn {

/// By node id: the levels of the values that are kept as u8: what `quantize` made, and what only moves or
/// picks such values.
std::vector<std::optional<op::Levels>> find_levels(const Graph& graph);

}  // namespace lp::onednn
