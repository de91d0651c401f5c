#include "tasks/speaker.hpp"

#include "base/error.hpp"
#include "base/stop_watch.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace lp {
namespace {

/// Between sentences, as Piper's own program has it (`--sentence_silence`, 2023.11.14).
constexpr double sentence_pause = 0.2;

/// Those that clients of OpenAI's /v1/audio/speech ask for (its documentation, November 2025).
constexpr std::array<std::string_view, 13> names_of_openai = {"alloy", "ash",   "ballad", "coral", "echo",
                                                              "fable", "nova",  "onyx",   "sage",  "shimmer",
                                                              "verse", "marin", "cedar"};

/// Names and numbers of a Piper voice's speakers, in the order of the numbers: those of its config; where it
/// names none, the data that it was trained on, or numbers.
std::vector<std::pair<int, std::string>> speakers_of(const nlohmann::json& config, int count) {
  std::vector<std::pair<int, std::string>> found;
  if (const auto map = config.find("speaker_id_map"); map != config.end() && map->is_object())
    for (const auto& [name, id] : map->items())
      if (id.is_number_integer() && id >= 0 && id < count) found.emplace_back(id.get<int>(), name);
  std::sort(found.begin(), found.end());
  if (!found.empty()) return found;
  if (const std::string name = text_of(config, "dataset"); count == 1 && !name.empty()) return {{0, name}};
  for (int id = 0; id < count; ++id) found.emplace_back(id, std::to_string(id));
  return found;
}

}  // namespace

Speaker::Speaker(LoadedModel loaded) : voice_(std::move(loaded)), pronunciation_(voice_.config()) {
  for (auto& [id, name] : speakers_of(voice_.config(), voice_.speakers())) {
    speakers_.push_back(id);
    voices_.push_back(std::move(name));
  }
}

int Speaker::speaker(std::string_view name) const {
  const auto found = std::find(voices_.begin(), voices_.end(), name);
  if (found != voices_.end()) return speakers_[static_cast<std::size_t>(found - voices_.begin())];
  const bool is_first = name == "default" || std::find(names_of_openai.begin(), names_of_openai.end(),
                                                       name) != names_of_openai.end();
  if (!is_first)
    fail(Fault::usage, "{}: no voice `{}`; there are: default, {}", voice_.model().name, name,
         listed(voices_));
  return speakers_.front();
}

Speech Speaker::speak(std::string_view text, VoiceSettings settings, const VoiceModel::Sink& sink) {
  StopWatch whole, watch;
  Speech spoken;
  std::size_t samples = 0;
  bool wanted = true;
  const auto give = [&](std::span<const float> sound) {
    if (samples == 0) spoken.first_audio_ms = whole.lap();
    samples += sound.size();
    return wanted = sink(sound);
  };
  const std::vector<float> pause(static_cast<std::size_t>(sentence_pause * rate()));
  speech::UtteranceReader reader(text, pronunciation_);
  bool pauses = false;
  while (wanted) {
    watch.lap();
    const std::optional<speech::Utterance> utterance = reader.next();
    spoken.text_ms += watch.lap();
    if (!utterance) break;
    if (pauses && !give(pause)) break;
    pauses = utterance->ends_sentence;
    spoken.phonemes += (spoken.phonemes.empty() ? "" : " ") + utterance->phonemes;
    voice_.speak(utterance->ids, settings, give);
    ++settings.seed;  // or each utterance would have the same noise
  }
  if (samples == 0 && wanted) fail(Fault::bad_input, "there is nothing in the text that can be said");
  spoken.unknown = reader.unknown();
  spoken.seconds = static_cast<double>(samples) / rate();
  return spoken;
}

}  // namespace lp
