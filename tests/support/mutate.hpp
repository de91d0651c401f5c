#pragma once
#include "formats/checkpoint.hpp"
#include "ir/graph.hpp"

#include <string>

namespace lp {

/// Turns the first axis of one weight around (its last slice first), in a copy of its data that the
/// checkpoint then owns.
/// @throws Error{bad_model} if there is no such weight.
void permute_weight(Checkpoint& checkpoint, const std::string& path);

/// The graph without one block: whoever reads the value `block` reads that of its first input of the same
/// shape instead.
/// @throws Error{bad_model} if there is no such value, or none of its ancestors has its shape.
Graph skip_block(const Graph& graph, const std::string& block);

}  // namespace lp
