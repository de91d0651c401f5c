#pragma once
#include "backends/onednn/view.hpp"

namespace lp::onednn {

/// Rounds dense numbers, f32 or bf16, to the levels of `to_view` as op::Quantize says.
void quantize(const View& from_view, const std::byte* from, const View& to_view, std::byte* to);

/// The numbers, f32 or bf16, that dense levels stand for.
void dequantize(const View& from_view, const std::byte* from, const View& to_view, std::byte* to);

}  // namespace lp::onednn
