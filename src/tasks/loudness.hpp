#pragma once
#include <cstddef>
#include <span>

namespace lp {

/// The loudest 20 ms of a sound at 16 kHz, root mean square; 0 of none.
float loudness(std::span<const float> samples);

/// What is heard between two times in seconds, as far as there is sound.
std::span<const float> part_of(std::span<const float> samples, double start, double end);

/// Samples before the first one of which something can be heard: 20 ms louder than `least`.
std::size_t silent_beginning(std::span<const float> samples, float least);

}  // namespace lp
