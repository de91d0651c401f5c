#pragma once
#include "backends/onednn/builder.hpp"

namespace lp::onednn {

/// The epilogue of a node as oneDNN's attributes, and what they read.
struct PostOps {
  dnnl::primitive_attr attributes;  // with the scratchpad given by the caller
  std::vector<std::pair<int, View>> reads;
  std::unordered_map<int, dnnl::memory> fixed;
};

/// `term` gives an added value, by its id, in the shape in which the primitive sees its result.
/// Without `sum` it is left out.
PostOps post_ops(Builder& b, int id, const std::function<View(int)>& term, bool sum = true);

/// The function of an activation op. @throws Error{internal} for another op.
struct Eltwise {
  dnnl::algorithm algorithm;
  float alpha = 0.0F;
};
Eltwise eltwise_of(const Op& op);

}  // namespace lp::onednn
