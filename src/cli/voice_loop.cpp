#include "cli/voice_loop.hpp"

#include "base/error.hpp"
#include "cli/answer_program.hpp"
#include "cli/hearing.hpp"
#include "cli/live_input.hpp"
#include "cli/live_sound.hpp"
#include "cli/model_choice.hpp"
#include "cli/mouth.hpp"
#include "cli/spoken_output.hpp"
#include "cli/stop.hpp"
#include "cli/voice_events.hpp"
#include "tasks/streaming/speech_onset.hpp"
#include "tasks/streaming/speech_stream.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace lp::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::size_t most_unanswered = 1 << 16;  // bytes
constexpr double pause_before_answer = 1.2;       // seconds, after which SpeechStream has made all final

bool is_stopped() {
  return stop_signal() != 0;
}

LoadedModel load_listener(const Settings& settings) {
  const Store store = open_store(settings);
  const std::string precision = settings.text("precision");
  return load_model(settings, settings.has("listener")
                                  ? find_model(store, settings.text("listener"), precision)
                                  : only_model_for(store, made_for("transcribe"), precision, "listener"));
}

std::unique_ptr<SpokenOutput> open_output(const Settings& settings, int rate) {
  if (!settings.has("output")) return std::make_unique<SpeakersOutput>(rate);
  const fs::path path = settings.text("output");
  if (path == "-") fail(Fault::usage, "run voice: what is said goes to speakers or a file, not to `-`");
  const std::optional<SoundFormat> format = sound_format_of(path);
  if (!format)
    fail(Fault::usage,
         "--output {}: no sound ends like this; there are: .wav, .mp3, .flac, .opus, .aac, .m4a",
         path.string());
  return std::make_unique<TimelineOutput>(path, *format, rate);
}

/// The last half second of a sound, to stand for what is not to be heard: silence would be more silent than
/// the room, which SpeechGate then takes for speech.
class RoomNoise {
 public:
  void remember(std::span<const float> samples) {
    last_.insert(last_.end(), samples.begin(), samples.end());
    if (last_.size() > static_cast<std::size_t>(most)) last_.erase(last_.begin(), last_.end() - most);
    at_ = 0;
  }
  void replace(std::span<float> samples) {
    for (float& sample : samples) sample = last_.empty() ? 0.0F : last_[at_++ % last_.size()];
  }

 private:
  static constexpr std::ptrdiff_t most = WhisperModel::rate / 2;
  std::vector<float> last_;
  std::size_t at_ = 0;
};

/// The same text again: until somebody knows better.
Mouth::Answer echo_of(std::string text) {
  return [text = std::move(text)](std::string& answer, const std::function<bool()>&) {
    answer += text;
    return false;
  };
}

/// What a program makes of the text. It is started when the answer is asked for.
Mouth::Answer answer_of(const std::string& command, const std::string& text) {
  return [command, text, program = std::shared_ptr<AnswerProgram>()](
             std::string& answer, const std::function<bool()>& stop) mutable {
    if (!program) program = std::make_shared<AnswerProgram>(command, text);
    return program->next(answer, stop);
  };
}

/// Who is spoken with: takes what becomes known of the sound, and answers at each pause.
class Partner {
 public:
  Partner(Mouth& mouth, VoiceEvents& events, std::string command)
      : mouth_(mouth), events_(events), command_(std::move(command)) {}

  void listen(const StreamUpdate& update) {
    for (const StreamWord& word : update.finals) {
      if (turn_.text.empty()) turn_.start = word.start;
      turn_.text += turn_.text.empty()
                        ? word.word.substr(std::min(word.word.find_first_not_of(' '), word.word.size()))
                        : word.word;
      turn_.end = word.end;
    }
  }
  bool has_turn() const { return !turn_.text.empty(); }
  double end() const { return turn_.end; }

  void answer(const std::string& language) {
    turn_.text.erase(0, std::min(turn_.text.find_first_not_of(' '), turn_.text.size()));
    events_.heard(turn_, language);
    mouth_.hush();
    mouth_.wait();
    // What was said when the answer had not begun belongs to what follows.
    const bool goes_on =
        mouth_.was_cut_off() && !mouth_.has_sounded() && unanswered_.size() < most_unanswered;
    std::string text = goes_on ? unanswered_ + ' ' + turn_.text : turn_.text;
    unanswered_ = text;
    turn_ = {};
    mouth_.speak(command_.empty() ? echo_of(std::move(text)) : answer_of(command_, text));
  }

 private:
  Mouth& mouth_;
  VoiceEvents& events_;
  std::string command_;  // empty: an echo
  Turn turn_;
  std::string unanswered_;
};

}  // namespace

int voice_loop(const Invocation& invocation) {
  const Settings& settings = invocation.settings;
  if (invocation.arguments.size() > 1)
    fail(Fault::usage, "run voice: one input at a time, not {}", invocation.arguments.size());
  const std::string path = invocation.arguments.empty() ? "microphone" : invocation.arguments.front();
  const bool is_file = is_sound_file(path), half_duplex = settings.flag("half-duplex");
  if (is_file && !fs::exists(path)) fail(Fault::not_found, "{}: no such file", path);
  const SpeechOptions options = speech_options(settings);
  const LoadedModel hears = load_listener(settings),
                    speaks = load_model(settings, find_model_for(settings, made_for("speak")));
  Transcriber transcriber(hears);
  transcriber.check(options);
  Speaker speaker(speaks);
  const VoiceSettings voice{.speed = static_cast<float>(settings.number("speed")),
                            .speaker = speaker.speaker(settings.text("voice")),
                            .seed = static_cast<std::uint64_t>(settings.integer("seed"))};
  transcriber.prepare();
  SpeechStream speech([&](const StreamWindow& window) { return transcriber.hear_window(window, options); },
                      transcriber.most_samples(), transcriber.hint(options.prompt), options.language);
  LiveInput input(path, settings.has("pcm") ? settings.integer("pcm") : 0);
  const std::unique_ptr<SpokenOutput> output = open_output(settings, speaker.rate());
  VoiceEvents events(invocation.json());
  std::atomic<double> pause_ms = 0;
  Mouth mouth(speaker, voice, *output,
              {.begins = [&](const std::string& sentence) { events.begins(sentence); },
               .ends = [&](const Said& said) { events.ends(said, pause_ms); }});
  Partner partner(mouth, events, settings.has("answer") ? settings.text("answer") : "");
  SpeechOnset onset;
  RoomNoise noise;
  LiveSound sound([&](std::vector<float>& samples) { return input.next(samples); },
                  is_file ? Pace::live : Pace::arrival, is_stopped,
                  [&](std::span<float> samples) {
                    if (half_duplex && mouth.is_busy() && mouth.has_sounded())
                      noise.replace(samples);
                    else
                      noise.remember(samples);
                    if (onset.add(samples)) mouth.hush();
                  },
                  [&] { input.leave(); });
  const auto answer = [&] {
    pause_ms = 1000 * sound.age(partner.end());
    partner.answer(speech.language());
  };
  json error;
  try {
    while (true) {
      const std::vector<float> samples = sound.take(speech.wanted(), speech.room());
      if (samples.empty()) break;
      for (std::span<const float> rest = samples; !rest.empty() && !is_stopped();) {
        rest = rest.subspan(speech.add(rest));
        const std::optional<StreamUpdate> update = speech.update();
        if (update) partner.listen(*update);
        const bool is_over = !update || update->open.empty();
        if (is_over && partner.has_turn() && speech.silence() >= pause_before_answer) answer();
      }
    }
    if (speech.seconds() <= 0 && !is_stopped()) fail(Fault::bad_input, "{}: the sound has no samples", path);
  } catch (const Error& failed) {  // what was said before is answered, and what was spoken is kept
    if (speech.seconds() <= 0) throw;
    error = {{"type", name(failed.fault())}, {"message", failed.what()}};
    spdlog::error("{}", failed.what());
  }
  partner.listen(speech.finish(error.is_null()));
  if (partner.has_turn() && !is_stopped()) answer();
  mouth.wait();
  output->close();
  json head = {{"listener", answer_head(hears)}, {"voice", answer_head(speaks)}};
  if (!error.is_null()) head["error"] = error;
  events.end(head, speech.seconds());
  input.warn_of_losses();
  if (is_stopped()) return 128 + stop_signal();
  return error.is_null() && events.failed_answers() == 0 ? 0 : 1;
}

}  // namespace lp::cli
