#pragma once
#include <cstddef>
#include <cstdint>

namespace lp::onednn {

/// Scores of queries and the keys of one head in whole numbers of 8 bits, by AVX-512 VNNI's products. Each
/// query and each key is rounded by a scale of its own, and of keys only what sets them apart from their
/// mean: that adds the same to all scores of a query, which weights do not see. Source: Zhang et al. 2024,
/// arXiv:2410.02367, sections 4.2 and 4.3, where queries and keys have scales by token or by block.
struct ByteScores {
  std::int64_t keys = 0, width = 0;  // `width` of a head is a multiple of 4

  /// Keys whose scores are computed together, and stored: the last ones may be no keys, with any finite
  /// score.
  static constexpr std::int64_t panel = 32;

  /// Whether this processor has the instructions.
  static bool available();

  std::int64_t packed_bytes() const;
  /// What a thread needs to work in, for so many queries.
  std::int64_t scratch_bytes(std::int64_t queries) const;

  /// bf16 keys [keys, width], at any step between rows, in numbers. One that is not finite makes its scores,
  /// or all of them, not a number.
  void pack(const std::uint16_t* from, std::int64_t step, std::byte* to) const;

  struct Queries {
    std::int64_t count;
    const std::uint16_t* from;  // bf16 [count, width]
    std::int64_t step;
  };
  /// Scores f32 [count, keys up to a multiple of `panel`], `step` numbers from row to row, but for what is
  /// the same in a row.
  void multiply(const Queries& queries, const std::byte* packed, std::byte* scratch, float* scores,
                std::int64_t step) const;
};

}  // namespace lp::onednn
