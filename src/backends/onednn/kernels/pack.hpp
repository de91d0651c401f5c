#pragma once
#include "backends/onednn/view.hpp"
#include "base/tensor_view.hpp"

#include <vector>

namespace lp::onednn {

/// Brings a caller's f32 tensor, at any strides, into the layout and type (f32 or bf16) of a dense view at
/// `to`; an i32 one stays i32.
void pack(const TensorView& from, const View& view, std::byte* to);

/// The values of a view at `from` (f32 or bf16, any strides) as row-major f32.
std::vector<float> unpack(const View& view, const std::byte* from);

}  // namespace lp::onednn
