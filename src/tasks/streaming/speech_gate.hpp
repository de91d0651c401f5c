#pragma once
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace lp {

/// Tells where a sound at 16 kHz is louder than what lies under it: where the root mean square of 20 ms is
/// well above the least of the last 5 to 10 s, and above digital silence. Wrong in favour of speech: a noise
/// that comes and goes passes, and so does the first second; only what stays the same does not. Source of the
/// idea: Martin 2001, "Noise Power Spectral Density Estimation Based on Optimal Smoothing and Minimum
/// Statistics", section III.
class SpeechGate {
 public:
  /// The next samples, any number.
  void add(std::span<const float> samples);
  /// Samples until the end of the last loud 20 ms; 0: there were none.
  std::size_t loud_end() const { return loud_end_; }

 private:
  std::vector<float> part_;  // of 20 ms
  std::size_t heard_ = 0, loud_end_ = 0, frames_ = 0;
  float least_ = std::numeric_limits<float>::infinity(), least_before_ = least_;
};

/// The middle of the quietest 20 ms of `samples` that begin between `first` and `last`; as near as can be
/// where there are fewer.
std::size_t quietest_place(std::span<const float> samples, std::size_t first, std::size_t last);

}  // namespace lp
