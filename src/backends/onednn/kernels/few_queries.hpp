#pragma once
#include "backends/onednn/kernels/softmax.hpp"
#include "backends/onednn/view.hpp"

namespace lp::onednn {

/// Attention of few queries, as a decoder asks them: op::Attention by reading the keys and values that count
/// once, row after row, in the order in which they lie. Values [b, s, width] whose rows have no gaps in them,
/// f32 or bf16, k and v of one type; sums are in f32.
struct FewQueries {
  View q, k, v, y;
  std::int64_t heads = 1;
  float scale = 1;
  bool causal = false;

  /// Memory that `run` needs beside, in numbers.
  std::int64_t scratch() const;
  struct Data {
    const std::byte *q, *k, *v;
    const std::int32_t* lengths;  // [b], or null where all keys count
    float* scratch;
    std::byte* y;
  };
  /// On the caller's OpenMP team. @throws Error{bad_input} for a length that is not within the keys.
  void run(const Data& data) const;
};

}  // namespace lp::onednn
