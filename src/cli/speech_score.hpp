#pragma once
#include "base/json.hpp"
#include "cli/hearing.hpp"
#include "cli/model_choice.hpp"
#include "tasks/transcripts/normalizer.hpp"
#include "tasks/transcripts/word_errors.hpp"

#include <string>

namespace lp::cli {

/// What is wrong in one transcript or in many, and how long that took.
struct SpeechScore {
  transcripts::Errors words, characters;
  double sound_s = 0, ms = 0;

  double rtf() const { return ms / 1000 / sound_s; }
  SpeechScore& operator+=(const SpeechScore& other);
};

/// {"wer","cer"}
nlohmann::json rates_of(const SpeechScore& score);
/// {"words","characters"}, each {"reference","substitutions","deletions","insertions"}, and {"rtf"}
nlohmann::json parts_of(const SpeechScore& score);

/// A model that hears, on its way through many sounds. Not thread-safe.
class Listener {
 public:
  /// @throws Error{usage} for a language or task that the model does not have; as Transcriber.
  Listener(const LoadedModel& model, const SpeechOptions& options);

  /// What it hears in a sound file, and how wrong that is by Whisper's rules of what makes two texts the
  /// same.
  /// @throws Error{bad_input} if no word of the text counts; as hear().
  SpeechScore hear(const std::string& path, const std::string& text, Progress& progress);

  /// What was heard last.
  const Heard& heard() const { return heard_; }
  /// {"model","runtime","device","precision"}
  const nlohmann::json& head() const { return head_; }

 private:
  nlohmann::json head_;
  Transcriber transcriber_;
  SpeechOptions options_;
  transcripts::Normalizer normalizer_;
  Heard heard_;
};

}  // namespace lp::cli
