#pragma once
#include "ir/graph.hpp"

namespace lp {

/// Checks what every graph promises: inputs are made before they are read, shapes are what the op infers of
/// its inputs, names are unique, there are outputs or states that it changes and they are values of the
/// graph, whole numbers go where they belong, a state is replaced by one op at a time. Run when a graph is
/// built and after what changes it.
/// @throws Error{bad_model} naming the value and what is wrong with it.
void verify(const Graph& graph);

}  // namespace lp
