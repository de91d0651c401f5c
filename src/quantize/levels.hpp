#pragma once
#include "formats/checkpoint.hpp"
#include "ir/graph.hpp"
#include "quantize/histogram.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace lp {

/// Ranges of values by their names.
using Ranges = std::map<std::string, Range, std::less<>>;

/// A convolution or linear layer that can compute with 8-bit numbers.
struct QuantizableLayer {
  int id = -1;
  std::string weight;  // path
  double flops = 0;
};

/// All of a graph: those whose weight is a tensor of the checkpoint, without groups.
std::vector<QuantizableLayer> quantizable_layers(const Graph& graph);

/// Names of the values that need a range so that the layers with these weights get 8-bit inputs: for a value
/// that an op only moves (ops/moves.hpp), what it was moved from.
std::set<std::string> values_to_measure(const Graph& graph,
                                        const std::set<std::string, std::less<>>& weights);

/// The graph with those values rounded to levels (op::Quantize). Values that are joined by a concat get one
/// range. Outputs stay as they are. @throws Error{bad_model} if a range is missing or cannot have levels.
Graph with_levels(const Graph& graph, const std::set<std::string, std::less<>>& weights,
                  const Ranges& ranges);

/// Paths of the quantized tensors of a checkpoint.
std::set<std::string, std::less<>> quantized_weights(const Checkpoint& checkpoint);

}  // namespace lp
