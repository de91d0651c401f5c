#include "tasks/streaming/speech_onset.hpp"

#include <algorithm>

namespace lp {
namespace {

constexpr std::size_t frame = 320;        // samples, 20 ms
constexpr std::size_t least = 8 * frame;  // of loud sound
constexpr std::size_t most = 10 * frame;  // so that the end is noticed soon as well

}  // namespace

bool SpeechOnset::add(std::span<const float> samples) {
  bool speaks = false;
  while (!samples.empty()) {
    const std::span<const float> part = samples.first(std::min(samples.size(), frame - heard_ % frame));
    samples = samples.subspan(part.size());
    heard_ += part.size();
    gate_.add(part);
    if (heard_ % frame != 0) break;
    loud_ = gate_.loud_end() == heard_ ? std::min(loud_ + frame, most) : loud_ - std::min(loud_, frame);
    speaks |= loud_ >= least;
  }
  return speaks;
}

}  // namespace lp
