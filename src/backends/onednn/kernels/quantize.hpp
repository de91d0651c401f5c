#pragma once
#include "backends/onednn/view.hpp"

namespace lp::onednn {

/// Rounds dense numbers, f32 or bf16, to the levels of `to_view` as op::Quantize says. `smoothing`: null, or
/// what each number of a row is multiplied by before, [last axis in memory].
void quantize(const View& from_view, const std::byte* from, const View& to_view, std::byte* to,
              const std::vector<float>* smoothing = nullptr);

/// The numbers, f32 or bf16, that dense levels stand for, divided by `smoothing`.
void dequantize(const View& from_view, const std::byte* from, const View& to_view, std::byte* to,
                const std::vector<float>* smoothing = nullptr);

}  // namespace lp::onednn
