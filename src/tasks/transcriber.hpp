#pragma once
#include "tasks/missed_speech.hpp"
#include "tasks/speech_search.hpp"
#include "tasks/streaming/stream_window.hpp"
#include "tasks/tokenizer/tokenizer.hpp"
#include "tasks/whisper_model.hpp"
#include "tasks/whisper_tokens.hpp"
#include "tasks/word_times.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lp {

/// A part of a text, and when it was said. Times are seconds from the start of the sound.
struct SpeechSegment {
  double start = 0, end = 0;
  std::string text;
  std::vector<std::int32_t> tokens;
  double average_logprob = 0, no_speech_probability = 0;
};

/// A word with the space before it, and when it was said.
struct SpokenWord {
  std::string word;
  double start = 0, end = 0;
};

struct Transcript {
  std::string language;             // "en"
  double language_probability = 1;  // of all that the model knows; 1 where it was said, not heard
  std::string text;
  double seconds = 0;  // of the sound
  std::vector<SpeechSegment> segments;
  std::vector<SpokenWord> words;  // if they are asked for
};

struct SpeechOptions {
  std::string language;  // "en"; empty: that of the first words
  bool translate = false;
  std::string prompt;                 // text that might stand before: names, spellings; may be empty
  int beams = 1;                      // 1: the likeliest token each time
  std::optional<double> temperature;  // none: 0, and more where that goes wrong
  bool words = false;                 // find out when each word was said
  bool padded = false;                // every window as 30 s, as the original does, also a shorter one
};

/// Speech to text with Whisper: windows of 30 s, each from where the last one's text ends. What goes wrong (a
/// text that repeats itself, or that is unlikely) is looked for again, with more chance at play each time.
/// Source: openai/whisper, whisper/transcribe.py. Not thread-safe.
class Transcriber {
 public:
  /// @throws Error{usage} if the model hears nothing, Error{bad_model} for a tokenizer that is missing or
  /// lacks tokens.
  explicit Transcriber(LoadedModel loaded);
  /// Another one with the same model, for another sound at the same time, on a thread of its own: they share
  /// weights, plans and the memory that those run in, and take turns at computing.
  Transcriber another() const { return Transcriber(model_.another(), tokenizer_, tokens_); }
  /// The same on a lane of its own: both compute at the same time, in memory of their own.
  Transcriber another(std::shared_ptr<Lane> lane) const;

  /// @throws Error{usage} for a language or task that the model does not have.
  void check(const SpeechOptions& options) const;

  /// Appends the next samples at 16 kHz, all of them numbers; false at the end.
  using Source = std::function<bool(std::vector<float>&)>;
  /// `progress` is told how many seconds are done, after each window.
  /// @throws Error{usage} for a language or task that the model does not have; what `source` throws.
  Transcript transcribe(const Source& source, const SpeechOptions& options,
                        const std::function<void(double)>& progress = {});

  /// The words of a window of speech that goes on (tasks/streaming/speech_stream.hpp): its text begins with
  /// those that are known, so that they cannot change, and goes on as far as there is sound.
  /// @throws as transcribe.
  HeardWords hear_window(const StreamWindow& window, const SpeechOptions& options);
  /// Makes the plans that most windows need, so that the first ones do not wait for them.
  void prepare();
  /// The tokens of a text that might stand before what is said.
  std::vector<std::int32_t> hint(const std::string& text) const;
  /// Samples that are heard at once, at most.
  std::size_t most_samples() const;

  double encoder_ms() const { return model_.encoder_ms(); }
  double decoder_ms() const { return model_.decoder_ms(); }

 private:
  Transcriber(WhisperModel model, Tokenizer tokenizer, WhisperTokens tokens)
      : model_(std::move(model)), tokenizer_(std::move(tokenizer)), tokens_(std::move(tokens)) {}

  struct Window;
  void find_language(Transcript& transcript);
  std::vector<std::int32_t> prompt(const std::string& language, bool translate) const;
  Heard hear(const Window& window, const SpeechOptions& options, double& temperature);
  int frames_for(const Window& window, const SpeechOptions& options) const;
  Heard search(const Window& window, const SpeechOptions& options, double temperature);
  bool has_no_speech(const Heard& heard);
  double probability_behind(std::span<const std::int32_t> given, std::span<const std::int32_t> tokens);
  bool went_wrong(const Heard& heard);
  bool is_repeated(const Heard& heard) const;
  bool says_twice(const Window& window, const Heard& heard) const;
  Heard hear_for_now(Window& window, const SpeechOptions& options, bool& is_endless);
  bool is_doubtful(const Window& window, const Heard& heard) const;
  std::vector<std::int32_t> text_tokens(std::span<const std::int32_t> tokens) const;
  std::string text_of(std::span<const std::int32_t> tokens) const;
  std::vector<StreamWord> words_behind(const StreamWindow& window, std::span<const std::int32_t> text,
                                       std::vector<TimedWord> timed) const;
  bool is_finished(std::span<const std::int32_t> tokens) const;
  double add_segments(const Heard& heard, double offset, double seconds, Transcript& to) const;
  std::optional<MissedSpeech> missed_speech(const Window& window, double offset, std::size_t first,
                                            float audible);
  bool copies(const Heard& heard, std::span<const std::int32_t> before) const;
  struct Rehearing {
    std::size_t most = 0;  // samples of the next window
    int count = 0;         // windows in a row of which a part is heard again
  };
  double take_back(const Window& window, double offset, std::size_t first, double end, float audible,
                   Rehearing& again);
  double end_by_words(const Window& window, const SpeechOptions& options, double offset, std::size_t first,
                      double end, bool is_cut, float audible);
  bool give_up_unsure(const Window& window, double offset, std::size_t first, std::size_t words,
                      float audible) const;
  void end_at(double end, std::size_t first, Transcript& to) const;
  struct AddedWords {
    double last_start = 0,
           last_end = 0;              // of the last word, seconds from the window's start; 0 without words
    double usual = 0;                 // seconds that a word lasts
    std::size_t of_last_segment = 0;  // words, of the last segment that stays
  };
  AddedWords add_words(const Window& window, bool translate, double offset, std::size_t first);

  WhisperModel model_;
  Tokenizer tokenizer_;
  WhisperTokens tokens_;
};

}  // namespace lp
