#pragma once
#include "tasks/speech/utterances.hpp"
#include "tasks/voice_model.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lp {

/// What was spoken.
struct Speech {
  std::string phonemes;           // of all utterances, a blank between them
  std::set<std::string> unknown;  // phonemes that the voice does not have, which were left out
  double seconds = 0;             // of sound
  double text_ms = 0;             // from text to phonemes
  double first_audio_ms = 0;      // until the first samples were there
};

/// Text to speech: utterance by utterance, so that the first sound comes after the first clause and memory
/// does not grow with the text. Not thread-safe.
class Speaker {
 public:
  /// @throws Error{bad_model} for a model that is no voice, Error{unsupported} without what pronounces its
  /// language.
  explicit Speaker(LoadedModel loaded);

  /// Samples a second.
  int rate() const { return voice_.rate(); }
  /// Names of the voices in the model, the first one first.
  const std::vector<std::string>& voices() const { return voices_; }
  /// The speaker that a name means: one of voices(), or `default` or one of OpenAI's names, which mean the
  /// first.
  /// @throws Error{usage} with the list.
  int speaker(std::string_view name) const;

  /// Speaks a text, UTF-8. `sink` gets samples as they are made; false: no more are wanted. The same text,
  /// settings and number of threads give the same samples. @throws Error{bad_input} if there is nothing in it
  /// to say.
  Speech speak(std::string_view text, VoiceSettings settings, const VoiceModel::Sink& sink);

  double acoustic_ms() const { return voice_.acoustic_ms(); }
  double vocoder_ms() const { return voice_.vocoder_ms(); }

 private:
  VoiceModel voice_;
  speech::Pronunciation pronunciation_;
  std::vector<std::string> voices_;
  std::vector<int> speakers_;  // of voices_
};

}  // namespace lp
