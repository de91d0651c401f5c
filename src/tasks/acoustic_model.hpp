#pragma once
#include "runtime/session_cache.hpp"
#include "tasks/voice_model.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace lp {

/// What a vocoder makes sound of: the frames of one text, in their order.
class VoiceFrames {
 public:
  virtual ~VoiceFrames() = default;
  virtual std::int64_t count() const = 0;
  /// Numbers of one frame.
  virtual std::int64_t width() const = 0;
  /// Frames `from` to `to` - 1, one after the other. Valid until the next call, which may not go back behind
  /// `from`.
  virtual std::span<const float> rows(std::int64_t from, std::int64_t to) = 0;
};

/// The half of a voice before the vocoder.
class AcousticModel {
 public:
  virtual ~AcousticModel() = default;
  /// The frames of a text, made when they are asked for; `phonemes` and `settings` have been checked.
  virtual std::unique_ptr<VoiceFrames> frames(std::span<const std::int32_t> phonemes,
                                              const VoiceSettings& settings) = 0;
};

/// Those of VITS and of FastSpeech 2. The sessions must outlive them.
std::unique_ptr<AcousticModel> vits_acoustic(SessionCache& sessions);
std::unique_ptr<AcousticModel> fastspeech2_acoustic(SessionCache& sessions);

/// Sizes that graphs are compiled for: the least that holds `count`, of few.
int sequence_bucket(std::int64_t count);

/// How many frames each phoneme lasts, from whole numbers that a model computed: at least 0.
/// @throws Error{bad_model} if one is no number, or all together are more than a million.
std::vector<std::int64_t> whole_durations(const std::string& model, std::span<const double> computed);

}  // namespace lp
