#include "tasks/streaming/speech_gate.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lp {
namespace {

constexpr std::size_t frame = 320;        // samples, 20 ms
constexpr std::size_t least_known = 50;   // frames, 1 s, before which nobody knows what is loud
constexpr std::size_t remembered = 250;   // frames, 5 s
constexpr float digital_silence = 2e-4F;  // as tasks/transcriber.cpp has it
constexpr float above_the_least = 2.5F;   // 8 dB; 20 ms of white noise stray by 2 dB around their mean

float loudness(std::span<const float> samples) {
  const float energy = std::inner_product(samples.begin(), samples.end(), samples.begin(), 0.0F);
  return std::sqrt(energy / static_cast<float>(samples.size()));
}

}  // namespace

void SpeechGate::add(std::span<const float> samples) {
  while (!samples.empty()) {
    const std::span<const float> taken = samples.first(std::min(samples.size(), frame - part_.size()));
    part_.insert(part_.end(), taken.begin(), taken.end());
    samples = samples.subspan(taken.size());
    heard_ += taken.size();
    if (part_.size() < frame) return;
    const float loud = loudness(part_);
    part_.clear();
    const bool is_early = frames_ < least_known;
    if (frames_++ % remembered == 0) {
      least_before_ = least_;
      least_ = loud;
    }
    least_ = std::min(least_, loud);
    const float below = is_early ? 0 : above_the_least * std::min(least_, least_before_);
    if (loud > std::max(digital_silence, below)) loud_end_ = heard_;
  }
}

std::size_t quietest_place(std::span<const float> samples, std::size_t first, std::size_t last) {
  if (samples.size() <= frame) return samples.size() / 2;
  last = std::min(last, samples.size() - frame);
  std::size_t best = std::min(first, last);
  float least = std::numeric_limits<float>::infinity();
  for (std::size_t at = best; at <= last; at += frame / 4) {
    const float loud = loudness(samples.subspan(at, frame));
    if (loud < least) least = loud, best = at;
  }
  return best + frame / 2;
}

}  // namespace lp
