#pragma once
#include "backends/onednn/view.hpp"

namespace lp::onednn {

enum class Combination { sum, product };

/// Whether `combine` takes them: dense, f32 or bf16 each, `y` of x's shape or, as the memory lies, with axes
/// of size 1 in front.
bool can_combine(const View& x, const View& y, const View& to);

/// x + y or x * y, computed in f32; `to` may be one of them where the shapes and types are the same. Runs on
/// the caller's OpenMP team.
void combine(Combination how, const View& x_view, const std::byte* x, const View& y_view, const std::byte* y,
             const View& to_view, std::byte* to);

}  // namespace lp::onednn
