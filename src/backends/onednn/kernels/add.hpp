#pragma once
#include "backends/onednn/view.hpp"

namespace lp::onednn {

/// Whether `add` takes them: dense, f32 or bf16 each, `y` of x's shape or with axes of size 1 in front.
bool can_add(const View& x, const View& y, const View& to);

/// x + y, summed in f32; `to` may be one of them where the shapes and types are the same. Runs on the
/// caller's OpenMP team.
void add(const View& x_view, const std::byte* x, const View& y_view, const std::byte* y, const View& to_view,
         std::byte* to);

}  // namespace lp::onednn
