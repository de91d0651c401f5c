#pragma once
#include "formats/checkpoint.hpp"
#include "ir/graph.hpp"
#include "quantize/histogram.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace lp {

/// Ranges of values by their names.
using Ranges = std::map<std::string, Range, std::less<>>;

/// Factors, one for each index of the last axis, by the path of the weight that was divided by them.
using Smoothing = std::map<std::string, std::shared_ptr<const std::vector<float>>, std::less<>>;

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

/// Those of them whose channels can have factors: no 8-bit layers but linear ones read them. With the weights
/// of these layers.
std::map<std::string, std::vector<std::string>> values_to_smooth(
    const Graph& graph, const std::set<std::string, std::less<>>& weights);

/// The graph with those values rounded to levels (op::Quantize). Values that are joined by a concat get one
/// range. Outputs stay as they are. A value that is smoothed has its range after that; what else reads it
/// reads it as it was.
/// @throws Error{bad_model} if a range is missing or cannot have levels, or the weights of layers that read
/// one value have factors of different sizes.
Graph with_levels(const Graph& graph, const std::set<std::string, std::less<>>& weights, const Ranges& ranges,
                  const Smoothing& smoothing = {});

/// Paths of the quantized tensors of a checkpoint.
std::set<std::string, std::less<>> quantized_weights(const Checkpoint& checkpoint);

/// The factors of those of them that have some.
Smoothing smoothing_of(const Checkpoint& checkpoint);

}  // namespace lp
