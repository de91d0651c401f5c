#pragma once
#include "tasks/whisper_model.hpp"
#include "tasks/whisper_tokens.hpp"

#include <cstdint>
#include <limits>
#include <vector>

namespace lp {

/// What was said in one window of sound, as far as a model can tell.
struct Heard {
  std::vector<std::int32_t> tokens;  // of text and of times, without the end
  double average_logprob = 0;        // of a token, the end's counted
  double no_speech_probability = 0;
};

/// How the tokens are looked for.
struct SearchOptions {
  int beams = 1;           // texts that are followed side by side
  double temperature = 0;  // above 0, tokens are drawn, and `beams` is not used
  int best_of = 5;         // texts that are drawn; the likeliest counts
  std::uint64_t seed = 0;
  std::size_t most = std::numeric_limits<std::size_t>::max();  // tokens; half of what the model takes anyway
};

/// The text of what `model` heard last: after the tokens `before` (what was said in earlier windows or by way
/// of a hint, may be empty), the `prompt` that begins a transcript, and the tokens `begins` that it is known
/// to begin with, which stand in the result, too, but do not count for its probability. Greedy with one beam;
/// with more, as many of the likeliest continuations are followed, until that many texts have ended; of
/// those, the one with the best mean log-probability counts. Source: openai/whisper, whisper/decoding.py
/// (GreedyDecoder, BeamSearchDecoder with patience 1, MaximumLikelihoodRanker without length penalty).
/// @throws Error{bad_model} if the scores are no numbers.
Heard search_text(WhisperModel& model, const WhisperTokens& tokens, const std::vector<std::int32_t>& before,
                  const std::vector<std::int32_t>& prompt, const std::vector<std::int32_t>& begins,
                  const SearchOptions& options);

}  // namespace lp
