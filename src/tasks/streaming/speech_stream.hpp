#pragma once
#include "tasks/streaming/agreement.hpp"
#include "tasks/streaming/speech_gate.hpp"
#include "tasks/streaming/stream_window.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lp {

/// What became known of a stream. Times are seconds from its start.
struct StreamUpdate {
  std::vector<StreamWord> finals;  // they do not change any more; they follow those of the updates before
  std::vector<StreamWord> open;    // behind all of them, for now
  bool has_paused = false;         // a longer silence follows
};

/// Speech to text while it is spoken. What was heard since the last cut is heard again with every step of new
/// sound; what two hearings agree on is final, and later hearings begin with it. The sound is cut behind
/// sentences, so that at most half a minute is kept; in silence nothing is heard at all. Not thread-safe.
class SpeechStream {
 public:
  /// Tells the words of a window, behind those that are known: Transcriber::hear_window.
  using Listener = std::function<HeardWords(const StreamWindow&)>;
  /// `most`: samples that the listener hears at once; `before`: tokens that might stand before the text;
  /// `language`: empty if nobody knows.
  SpeechStream(Listener listener, std::size_t most, std::vector<std::int32_t> before, std::string language);

  /// Samples that it takes now, at most, and those until it has something to do.
  std::size_t room() const { return most_ - samples_.size(); }
  std::size_t wanted() const;
  /// Takes the next samples, mono at 16 kHz, room() at most: all, or those until a pause behind speech has
  /// become a long one, with which the next `update` ends a line; before that, it takes no more. Gives how
  /// many; the others are to be given after the update.
  [[nodiscard]] std::size_t add(std::span<const float> samples);
  /// Hears what there is, if that is worth it; nothing where nothing changed. @throws what the listener does.
  std::optional<StreamUpdate> update();
  /// The sound has ended: all that is left is final, heard once more unless `hears` is false, as after an
  /// error. @throws what the listener does.
  StreamUpdate finish(bool hears = true);

  /// As it was said or heard; empty before the first words.
  const std::string& language() const { return language_; }
  /// Of sound so far, and of silence at its end.
  double seconds() const;
  double silence() const;

 private:
  std::size_t total() const { return offset_ + samples_.size(); }
  bool has_speech() const { return gate_.loud_end() > offset_; }
  bool has_news() const;
  double unsaid() const;
  void hear_all(StreamUpdate& to);
  void drop_said();
  bool hear(bool is_last, StreamUpdate& to);
  void settle(std::vector<StreamWord> words, StreamUpdate& to);
  void cut();
  void drop(std::size_t samples, std::size_t words);

  Listener listener_;
  std::size_t most_;
  std::vector<std::int32_t> before_;
  std::string language_;
  SpeechGate gate_;
  Agreement agreement_;
  std::vector<float> samples_;     // since the last cut
  std::vector<StreamWord> known_;  // said for good, in them
  std::size_t offset_ = 0;         // samples before them
  std::size_t heard_ =
      0;  // samples until the end of the last hearing; the silence there may not have been in it
  std::string heard_language_;
  bool went_wrong_ = false;     // the last hearing
  bool may_hear_more_ = false;  // the last hearing was not the last one of its sound
};

}  // namespace lp
