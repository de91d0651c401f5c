#pragma once
#include "ir/graph.hpp"

#include <string>
#include <vector>

namespace lp::onednn {

/// What a convolution does to its result before it is stored: silu, then the sum with another value.
struct Epilogue {
  bool silu = false;
  int residual = -1;  // id of the value that is added
  int output = -1;    // id of the node whose value comes out
};

/// Which nodes are computed as part of another's step.
struct Fusion {
  std::vector<Epilogue> epilogues;  // by node id; `output` is the node itself where nothing is fused
  std::vector<bool> absorbed;       // by node id
};

/// Finds conv2d -> silu -> add chains in which no value between is read elsewhere or kept. The added value
/// must be made before the convolution.
Fusion find_fusions(const Graph& graph, const std::vector<std::string>& keep);

/// Whether `keep` asks for a value: by name, or "*" for all.
bool is_kept(const std::vector<std::string>& keep, const std::string& value);

}  // namespace lp::onednn
