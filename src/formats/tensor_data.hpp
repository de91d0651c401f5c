#pragma once
#include "formats/checkpoint.hpp"

#include <vector>

namespace lp {

/// The values of a stored tensor as f32, in its own order: f16, bf16, f64 and integers converted, those of a
/// quantized one multiplied by their scales and smoothing.
std::vector<float> to_f32(const StoredTensor& tensor);

/// The scales of a quantized tensor.
std::vector<float> scales_of(const StoredTensor& tensor);

/// The smoothing of a quantized tensor; empty if it has none.
std::vector<float> smoothing_of(const StoredTensor& tensor);

/// Values as bytes of type `to`, f32 rounded to nearest even. @throws Error{internal} for a type that is no
/// float.
std::vector<std::byte> from_f32(std::span<const float> values, DType to);

}  // namespace lp
