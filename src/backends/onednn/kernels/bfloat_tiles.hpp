#pragma once
#include "backends/onednn/kernels/byte_scores.hpp"

#include <cstddef>
#include <cstdint>

namespace lp::onednn {

/// Attention of some queries of one head to all its keys, bf16, by AVX-512's products of bf16: scores are
/// sums of products in f32, weights are rounded to bf16 before they are divided by their sum. Keys and values
/// are packed once for all queries. With `has_byte_scores`, scores are products of 8-bit numbers
/// (byte_scores.hpp).
struct BfloatTiles {
  std::int64_t keys = 0, width = 0, value_width = 0;  // widths of a head; `width` is even
  float scale = 1;
  bool has_byte_scores = false;

  static constexpr std::int64_t rows = 72;  // queries of a tile at most: their scores stay in a core's cache

  /// Whether this processor has the instructions.
  static bool available();

  std::int64_t packed_keys_bytes() const;
  std::int64_t packed_values_bytes() const;
  /// What a thread needs to work in.
  std::int64_t scratch_bytes() const;

  /// Keys [keys, width] and values [keys, value_width], at any step between rows, in numbers.
  void pack_keys(const std::uint16_t* from, std::int64_t step, std::byte* to) const;
  void pack_values(const std::uint16_t* from, std::int64_t step, std::byte* to) const;

  struct Queries {
    std::int64_t count;         // 1 to `rows`
    const std::uint16_t* from;  // [count, width]
    std::int64_t step;
    /// Keys that query i sees, from the first on: `seen` + i * `seen_step`, but not less than 0.
    std::int64_t seen, seen_step;
  };
  /// Sums of values of each query into f32 [count, value_width], and the inverse of the sum of its weights
  /// that they are to be multiplied by, or 0 where it sees no key.
  void attend(const Queries& queries, const std::byte* packed_keys, const std::byte* packed_values,
              std::byte* scratch, float* sums, float* inverse) const;

 private:
  ByteScores byte_scores() const { return {.keys = keys, .width = width}; }
  /// Scores f32 [count, keys], `step` numbers from row to row.
  void score(const Queries& queries, const std::byte* packed_keys, std::byte* scratch, float* scores,
             std::int64_t step) const;
};

}  // namespace lp::onednn
