#include "tasks/loudness.hpp"

#include "tasks/whisper_model.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lp {
namespace {

constexpr std::size_t frame = WhisperModel::rate / 50;

}  // namespace

float loudness(std::span<const float> samples) {
  float most = 0;
  for (std::size_t at = 0; at < samples.size(); at += frame) {
    const std::span<const float> part = samples.subspan(at, std::min(frame, samples.size() - at));
    const float energy = std::inner_product(part.begin(), part.end(), part.begin(), 0.0F);
    most = std::max(most, std::sqrt(energy / static_cast<float>(part.size())));
  }
  return most;
}

std::span<const float> part_of(std::span<const float> samples, double start, double end) {
  const auto at = [&](double seconds) {
    return std::min(static_cast<std::size_t>(std::max(seconds, 0.0) * WhisperModel::rate), samples.size());
  };
  return samples.subspan(at(start), std::max(at(end), at(start)) - at(start));
}

std::size_t silent_beginning(std::span<const float> samples, float least) {
  std::size_t at = 0;
  while (at < samples.size() && loudness(samples.subspan(at, std::min(frame, samples.size() - at))) <= least)
    at += frame;
  return std::min(at, samples.size());
}

}  // namespace lp
