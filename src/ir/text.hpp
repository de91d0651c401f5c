#pragma once
#include "ir/graph.hpp"

#include <string>

namespace lp {

/// The graph as canonical text: one node a line, renumbered depth first from the outputs, so that it depends
/// on the graph alone and not on the order in which a compiler evaluated the model's expressions:
///   %3 = conv2d(%0, %1, %2, stride=2, padding=1, dilation=1, groups=1) -> [n=1, c=16, h=320, w=320]  #
///   model.0.conv
std::string text(const Graph& graph);

/// Reads what `text` wrote; shapes are inferred anew and compared with the written ones.
/// @throws Error{bad_model} naming the line.
Graph parse_graph(std::string_view text);

}  // namespace lp
