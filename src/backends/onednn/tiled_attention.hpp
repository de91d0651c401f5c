#pragma once
#include "backends/onednn/builder.hpp"
#include "ops/attention.hpp"

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

/// Adds it tile by tile: some queries of one head, whose scores stay in a core's own cache from their product
/// over their weights to the sum of values. Source: Rabe and Staats 2021, arXiv:2112.05682, with all keys in
/// one chunk. Gives false, and adds nothing, where there are few keys or no fast products of tiles.
bool add_in_tiles(Builder& b, const AttentionLayer& layer);

/// What one head of a sequence is made of; steps: numbers from one row to the next.
struct HeadSizes {
  DType type = DType::f32;
  std::int64_t queries = 0, keys = 0, width = 0, value_width = 0;
  std::int64_t q_step = 0, v_step = 0;
  float scale = 1;
  /// Whether queries and keys come from products of 8-bit numbers: their scores may be such, too.
  bool is_of_bytes = false;
};

/// Queries of one tile.
struct TileQueries {
  std::int64_t count;
  const std::byte* from;
  std::int64_t step;
  /// Keys that query i sees, from the first on: `seen` + i * `seen_step`, but not less than 0.
  std::int64_t seen, seen_step;
};

}  // namespace lp::onednn
