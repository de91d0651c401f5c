#pragma once
#include "ir/graph.hpp"

#include <string>
#include <vector>

namespace lp::onednn {

/// A node that is computed on a primitive's result before it is stored.
struct PostOp {
  enum class Kind { activation, scale, factor, add, quantize };
  Kind kind = Kind::activation;
  int node = -1;
  int operand =
      -1;  // id of what scales (a weight or constant of the last axis; factor: one number) or is added
};

/// What a convolution or linear layer does to its result before it is stored.
struct Epilogue {
  std::vector<PostOp> steps;
  int output = -1;  // id of the node whose value comes out
};

/// Which nodes are computed as part of another's step.
struct Fusion {
  std::vector<Epilogue> epilogues;  // by node id; `output` is the node itself where nothing is fused
  std::vector<bool> absorbed;       // by node id
};

/// Finds chains of a convolution or linear layer, an activation, a scale, a sum, a relu and a rounding to
/// levels, each of the latter at most once, in which no value between is read elsewhere or kept. The added
/// value must be made before the layer. Behind a convolution of sequences activations, factors and sums come
/// in any order and number, as vocoders have them.
Fusion find_fusions(const Graph& graph, const std::vector<std::string>& keep);

/// Whether `keep` asks for a value: by name, or "*" for all.
bool is_kept(const std::vector<std::string>& keep, const std::string& value);

}  // namespace lp::onednn
