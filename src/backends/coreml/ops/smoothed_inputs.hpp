#pragma once
#include "backends/coreml/emission.hpp"

#include <vector>

namespace lp::coreml {

/// The factors, one for each index of the last axis, by which op::Quantize `id` leaves its result too large
/// in the program, where all layers that read it can have them in their weights: as the checkpoint's numbers
/// in 8 bits do. Empty where it has none, or must take them out again.
std::vector<float> smoothing_left_in(const Emission& emission, int id);

}  // namespace lp::coreml
