#include "tasks/speech_agreement.hpp"

#include "tasks/text_encoder.hpp"
#include "tasks/whisper_model.hpp"
#include "tasks/whisper_tokens.hpp"

#include <algorithm>

namespace lp {
namespace {

constexpr int most_said = 100;  // tokens of a sound: nobody says more in half a minute

std::int32_t likeliest(std::span<const float> scores) {
  return static_cast<std::int32_t>(std::ranges::max_element(scores) - scores.begin());
}

/// What begins a text without times, in the language that the model hears.
std::vector<std::int32_t> beginning(WhisperModel& model, const WhisperTokens& tokens) {
  if (tokens.languages.empty()) return {tokens.start, tokens.no_timestamps};
  const std::span<const float> scores = model.next(std::span(&tokens.start, 1), 0);
  const auto best = std::ranges::max_element(tokens.languages, {}, [&](const auto& language) {
    return scores[static_cast<std::size_t>(language.second)];
  });
  return {tokens.start, best->second, tokens.transcribe, tokens.no_timestamps};
}

}  // namespace

double same_tokens(const LoadedModel& original, const LoadedModel& changed,
                   std::span<const std::vector<float>> sounds, const std::function<void()>& between) {
  WhisperModel first(original), second(changed);
  const WhisperTokens tokens = whisper_tokens(first.model(), tokenizer_of(first.model()));
  int same = 0, all = 0;
  for (const std::vector<float>& sound : sounds) {
    between();
    first.hear(sound, first.frames());
    second.hear(sound, second.frames());
    std::vector<std::int32_t> given = beginning(first, tokens);
    int before = 0;
    const auto has_room = [&] { return before + static_cast<int>(given.size()) <= first.most_tokens(); };
    for (int said = 0; said < most_said && given.back() != tokens.end && has_room(); ++said) {
      const std::int32_t next = likeliest(first.next(given, before));
      same += likeliest(second.next(given, before)) == next ? 1 : 0;
      ++all;
      before += static_cast<int>(given.size());
      given = {next};
    }
  }
  return all > 0 ? static_cast<double>(same) / all : 1;
}

}  // namespace lp
