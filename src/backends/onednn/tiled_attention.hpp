#pragma once
#include "backends/onednn/builder.hpp"

namespace lp::onednn {

/// op::Attention as its inputs and output lie: values [b, s, width] whose rows have no gaps in them, k and v
/// of one type.
struct AttentionLayer {
  int id = -1;
  View q, k, v;
  View length;  // of Indices [b]; `has_length`: given
  bool has_length = false;
  View y;
};

/// Whether scores of all heads and queries are more than caches keep, and oneDNN has products of tiles that
/// are fast on this processor.
bool is_best_in_tiles(const Builder& b, const AttentionLayer& layer);

/// Adds it tile by tile: some queries of one head, whose scores stay in a core's own cache from their product
/// over their weights to the sum of values. Source: the same sums in another order as Rabe and Staats 2021,
/// arXiv:2112.05682.
void add_in_tiles(Builder& b, const AttentionLayer& layer);

}  // namespace lp::onednn
