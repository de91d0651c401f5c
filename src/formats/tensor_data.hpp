#pragma once
#include "formats/checkpoint.hpp"

#include <vector>

namespace lp {

/// The values of a stored tensor as f32, in its own order: f16, bf16, f64 and integers converted.
std::vector<float> to_f32(const StoredTensor& tensor);

/// Values as bytes of type `to`, f32 rounded to nearest even. @throws Error{internal} for a type that is no
/// float.
std::vector<std::byte> from_f32(std::span<const float> values, DType to);

}  // namespace lp
