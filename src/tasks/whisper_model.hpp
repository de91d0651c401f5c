#pragma once
#include "runtime/session_cache.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace lp {

/// The graphs of a Whisper and what they leave to each other, for one sound at a time. Not thread-safe.
class WhisperModel {
 public:
  static constexpr int rate = 16000, hop = 160;  // samples a second, of a frame

  explicit WhisperModel(LoadedModel loaded);

  /// Frames that the encoder takes: 30 s.
  int frames() const { return frames_; }
  /// Tokens that a text may have, the prompt's included.
  int most_tokens() const { return most_tokens_; }
  const Model& model() const { return *sessions_.loaded().model; }

  /// Listens to samples, those beyond `frames()` left out, silence put behind fewer.
  void hear(std::span<const float> samples);
  /// Scores of the token behind these, which follow `before` tokens that were given since hear(). Valid until
  /// the next call.
  std::span<const float> next(std::span<const std::int32_t> tokens, int before);

  double encoder_ms() const { return encoder_ms_; }
  double decoder_ms() const { return decoder_ms_; }

 private:
  Session& step(int tokens);

  SessionCache sessions_;
  int frames_, most_tokens_;
  std::unique_ptr<States> states_;
  std::vector<float> padded_, features_, scores_;
  double encoder_ms_ = 0, decoder_ms_ = 0;
};

}  // namespace lp
