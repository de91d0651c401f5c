#pragma once
#include "media/ffmpeg.hpp"

#include <span>
#include <vector>

namespace lp::ffmpeg {

/// Samples of one channel at another rate, by FFmpeg; where the rates are the same they pass through, without
/// it.
class Resampler {
 public:
  /// `from`, `to`: samples a second. @throws Error{unsupported} without FFmpeg.
  Resampler(int from, int to);

  /// Appends what comes of the samples; some stay inside until more come.
  void add(std::span<const float> samples, std::vector<float>& to);
  /// Appends what is left inside.
  void finish(std::vector<float>& to);

 private:
  void convert(const float* samples, int count, std::vector<float>& to);

  int from_, to_;
  Owned<SwrContext> context_;  // none: the rates are the same
};

}  // namespace lp::ffmpeg
