#pragma once
#include "runtime/session_cache.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace lp {

/// Samples as the encoder takes them for so many frames: those beyond left out, silence behind fewer, and
/// what torch.stft mirrors at both ends.
std::vector<float> whisper_input(std::span<const float> samples, int frames);

/// A conversation with a Whisper about one sound at a time: the model's graphs, and what they leave to each
/// other. Not thread-safe, but several conversations are that share one model.
class WhisperModel {
 public:
  static constexpr int rate = 16000, hop = 160;  // samples a second, of a frame
  static constexpr int least_frames = 4;         // that the encoder can be run with

  explicit WhisperModel(LoadedModel loaded);
  /// Another conversation, about a sound of its own: it shares weights, plans and the memory that those run
  /// in, and takes turns with the others. What it adds is its states.
  WhisperModel another() const { return WhisperModel(shared_); }

  /// Frames that the encoder takes at most: 30 s.
  int frames() const { return frames_; }
  /// Tokens that a text may have, the prompt's included.
  int most_tokens() const { return most_tokens_; }
  /// Tokens that the model knows.
  std::size_t vocabulary() const { return vocabulary_; }
  const LoadedModel& loaded() const { return shared_->sessions.loaded(); }
  const Model& model() const { return *loaded().model; }

  /// Listens to samples for so many frames, an even number from least_frames to frames(): those beyond are
  /// left out, silence is put behind fewer. What was said before is forgotten.
  void hear(std::span<const float> samples, int frames);
  /// Scores of the token behind these, which follow `before` tokens that were given since hear(). Valid until
  /// the next call. The same again, right after it, costs nothing.
  std::span<const float> next(std::span<const std::int32_t> tokens, int before);

  /// Makes what next() was given so far the past of `count` beams.
  void fork(int count);
  /// Scores [beam][vocabulary] behind one more token for each beam, `before` tokens coming before it, those
  /// of beam `parents[i]`. Valid until the next call.
  std::span<const float> next_of_beams(std::span<const std::int32_t> tokens,
                                       std::span<const std::int32_t> parents, int before);

  /// Where each alignment head looks behind each of these tokens, which are taken from the start:
  /// [head][token, row], softmax over the first `rows` rows of features. What was said before is forgotten.
  std::vector<std::vector<float>> alignment(std::span<const std::int32_t> tokens, int rows);

  double encoder_ms() const { return encoder_ms_; }
  double decoder_ms() const { return decoder_ms_; }

 private:
  /// What conversations share.
  struct Shared {
    explicit Shared(LoadedModel loaded);
    std::mutex turn;  // who holds it may use what stands below, but for what the cache's model is
    SessionCache sessions;
    std::map<int, Session> aligners;  // by tokens: `step` with what the heads ask kept
  };
  explicit WhisperModel(std::shared_ptr<Shared> shared);

  const ModelInfo& info() const { return loaded().model->info; }
  std::unique_ptr<States> states_for(int beams) const;
  struct AlignmentHead {
    int layer, head;
  };
  std::vector<AlignmentHead> alignment_heads() const;
  Session& aligner(int tokens);
  void run_step(Session& session, std::span<const std::int32_t> tokens, int before);
  std::span<const float> run_decoder(Session& session, std::span<const TensorView> inputs, int sequences);

  std::shared_ptr<Shared> shared_;
  int frames_, most_tokens_;
  std::size_t vocabulary_;
  std::int32_t heard_ = 0;           // rows of features
  int beams_ = 1;                    // that there are states for
  std::vector<std::int32_t> asked_;  // what scores_ lie behind, if next() made them, and
  int asked_after_ = 0;              // how many tokens came before
  std::unique_ptr<States> states_;
  std::vector<float> scores_;
  double encoder_ms_ = 0, decoder_ms_ = 0;
};

}  // namespace lp
