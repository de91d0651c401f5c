#pragma once
#include <cstddef>
#include <span>

namespace lp {

/// The loudest 20 ms of a sound at 16 kHz, root mean square; 0 of none.
float loudness(std::span<const float> samples);

/// Samples before the first one of which something can be heard: 20 ms louder than `least`.
std::size_t silent_beginning(std::span<const float> samples, float least);

}  // namespace lp
