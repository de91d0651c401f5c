#pragma once
#include "backends/onednn/builder.hpp"
#include "backends/onednn/kernels/activation.hpp"

namespace lp::onednn {

/// The epilogue of a node as oneDNN's attributes, and what they read.
struct PostOps {
  dnnl::primitive_attr attributes;  // with the scratchpad given by the caller
  std::vector<std::pair<int, View>> reads;
  std::unordered_map<int, dnnl::memory> fixed;
};

/// `rank`: of the result as the primitive sees it, channels on its second axis. `term` gives an added value,
/// by its id, in that shape; it may have levels. Without `sum` it is left out. Rounding to levels is the
/// caller's: it is no post-op of oneDNN's.
PostOps post_ops(Builder& b, int id, std::size_t rank, const std::function<View(int)>& term, bool sum = true);

/// Tells oneDNN what the u8 of an argument (DNNL_ARG_SRC, DNNL_ARG_DST) stands for.
void set_levels(const Builder& b, PostOps& post, int argument, const op::Levels& levels);

/// The function of an activation op. @throws Error{internal} for another op.
struct Eltwise {
  dnnl::algorithm algorithm = dnnl::algorithm::undef;
  float alpha = 0.0F;
};
Eltwise eltwise_of(const Op& op);

/// The same as a function of ours; null for another op. (ops/activation.cpp)
NumberFunction number_function(const Op& op);

}  // namespace lp::onednn
