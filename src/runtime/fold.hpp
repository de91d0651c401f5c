#pragma once
#include "formats/checkpoint.hpp"
#include "ir/graph.hpp"

namespace lp {

/// The graph with everything that depends on weights alone computed once, by the reference backend: positions
/// brought to another size, tables cut and joined. Values keep their names. The graph must have no symbols.
Graph fold_constants(const Graph& graph, const Checkpoint& checkpoint);

}  // namespace lp
