#pragma once
#include "tasks/streaming/speech_gate.hpp"

#include <cstddef>
#include <span>

namespace lp {

/// Tells soon whether somebody speaks now: a sound at 16 kHz that has been loud, as SpeechGate has it, for
/// 0.16 s, with as much silence in between taken off. A click is not that long. Not thread-safe.
class SpeechOnset {
 public:
  /// The next samples, any number. Returns whether somebody spoke in them.
  bool add(std::span<const float> samples);

 private:
  SpeechGate gate_;
  std::size_t heard_ = 0, loud_ = 0;  // samples
};

}  // namespace lp
