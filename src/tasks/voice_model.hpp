#pragma once
#include "runtime/session_cache.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace lp {

/// How a voice speaks.
struct VoiceSettings {
  float noise = -1, duration_noise = -1;  // how much its sound and its pace vary; below 0: the model's own
  float speed = 1;                        // 2: twice as fast
  int speaker = 0;                        // of a voice of several
  std::uint64_t seed = 0;                 // the same seed, the same sound
};

class AcousticModel;

/// A voice that speaks phonemes: an acoustic model makes frames of them, piece by piece, and a vocoder makes
/// samples of the frames, so that the first sound comes before the last frame and memory does not grow with
/// the text. Not thread-safe.
class VoiceModel {
 public:
  /// Phonemes that are spoken at once, at most: some minutes.
  static constexpr std::size_t most_phonemes = 4096;

  /// @throws Error{bad_model} for a model that is no voice.
  explicit VoiceModel(LoadedModel loaded);
  ~VoiceModel();

  const Model& model() const { return *sessions_.loaded().model; }
  /// Samples a second.
  int rate() const { return rate_; }
  /// Voices that `VoiceSettings::speaker` chooses among.
  int speakers() const { return speakers_; }
  /// What the checkpoint's own configuration says (of a Piper voice the file beside it: `phoneme_id_map`,
  /// `espeak`, `speaker_id_map`, `inference`).
  const nlohmann::json& config() const { return config_; }

  /// Gets samples, from -1 to 1; false: no more are wanted.
  using Sink = std::function<bool(std::span<const float> samples)>;
  /// Speaks phonemes, by their numbers in the model's table, as one piece of speech: nothing for none.
  /// Samples go to `sink` as soon as they are made.
  /// @throws Error{bad_input} for more than most_phonemes, a number or a speaker that the model does not
  /// have, a speed that is not within 0.1 to 10; what `sink` throws.
  void speak(std::span<const std::int32_t> phonemes, const VoiceSettings& settings, const Sink& sink);

  /// Milliseconds that the two halves have taken so far.
  double acoustic_ms() const { return acoustic_ms_; }
  double vocoder_ms() const { return vocoder_ms_; }

 private:
  SessionCache sessions_;
  nlohmann::json config_;
  int rate_, speakers_;
  std::int64_t hop_, context_;  // samples of a frame; frames that a piece needs on both sides
  std::unique_ptr<AcousticModel> acoustic_;
  double acoustic_ms_ = 0, vocoder_ms_ = 0;
};

}  // namespace lp
