#pragma once
#include "backends/onednn/view.hpp"

#include <cstddef>

namespace lp::onednn {

/// op::LayerNorm over rows [n, d] of f32 or bf16, in f32; `weight` and `bias` are f32. On the caller's OpenMP
/// team.
void layer_norm(float epsilon, const View& from_view, const std::byte* from, const float* weight,
                const float* bias, const View& to_view, std::byte* to);

/// op::L2Normalize over rows [n, d] of f32 or bf16, in f32. On the caller's OpenMP team.
void l2_normalize(float epsilon, const View& from_view, const std::byte* from, const View& to_view,
                  std::byte* to);

/// op::LogRange over dense sequences [b, s, d] of f32 or bf16, in f32. On the caller's OpenMP team.
void log_range(float floor, float range, const View& from_view, const std::byte* from, const View& to_view,
               std::byte* to);

}  // namespace lp::onednn
