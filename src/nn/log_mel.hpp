#pragma once
#include "ir/graph.hpp"

#include <vector>

namespace lp::nn {

/// The front end of speech models. Source: openai/whisper, whisper/audio.py, and librosa's mel filters
/// (Slaney's scale and norm).
struct LogMel {
  std::int64_t mels = 80, window = 400, hop = 160;  // bands; samples
  double rate = 16000;                              // samples a second
};

/// Samples that `frames` frames take.
inline std::int64_t samples_of(const LogMel& how, std::int64_t frames) {
  return (frames - 1) * how.hop + how.window;
}

/// Triangular filters [mels, window / 2 + 1] from 0 to half of the rate: Slaney's scale (linear below 1 kHz,
/// logarithmic above), each of area 1.
std::vector<float> mel_filters(const LogMel& how);

/// The spectrogram [b, frames, mels] of samples [b, samples_of(frames), 1]: a Hann window and the discrete
/// Fourier transform of each frame as one product, power, filters, logarithm over eight decades, scaled to
/// about -1 to 1.
Tensor log_mel(Tensor samples, const LogMel& how);

}  // namespace lp::nn
