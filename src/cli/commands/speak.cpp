#include "base/error.hpp"
#include "base/stop_watch.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/model_choice.hpp"
#include "cli/output.hpp"
#include "cli/stop.hpp"
#include "media/sound_device.hpp"
#include "media/sound_writer.hpp"
#include "tasks/speaker.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <optional>

namespace lp::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t most_text = 4'000'000;  // bytes: some days of speech

/// The words of the command line, or standard input.
std::string text_of(const std::vector<std::string>& arguments) {
  std::string text = arguments == std::vector<std::string>{"-"}
                         ? read_input(most_text)
                         : fmt::format("{}", fmt::join(arguments, " "));
  if (text.find_first_not_of(" \t\r\n") == std::string::npos)
    fail(Fault::bad_input, "speak: the text is empty");
  return text;
}

/// Where the sound goes, and how it is written there.
struct Destination {
  bool plays = false;  // on the speakers
  std::string path;    // "-": standard output
  SoundFormat format = SoundFormat::wav;
};

/// A name in the current folder that is free: speech.wav, speech-2.wav, ...
std::string free_name(const std::string& ending) {
  std::error_code error;
  for (int number = 1;; ++number) {
    const std::string name = number == 1 ? "speech." + ending : fmt::format("speech-{}.{}", number, ending);
    if (!fs::exists(fs::symlink_status(name, error))) return name;
  }
}

Destination destination_of(const Settings& settings, bool is_json) {
  Destination to;
  std::optional<SoundFormat> format;
  if (settings.has("format")) {
    format = sound_format(settings.text("format"));
    if (!format)
      fail(Fault::usage, "--format: a sound is none of `{}`; there are: wav, mp3, flac, opus, aac, pcm",
           settings.text("format"));
  }
  if (!settings.has("output")) {
    to.plays = !format && !is_json && ::isatty(STDOUT_FILENO) != 0 && has_speakers();
    to.format = format.value_or(SoundFormat::wav);
    if (!to.plays) to.path = free_name(format ? settings.text("format") : "wav");
    return to;
  }
  to.path = settings.text("output");
  if (to.path == "-") {
    if (is_json) fail(Fault::usage, "--json and --output -: both want standard output");
    if (::isatty(STDOUT_FILENO) != 0) fail(Fault::usage, "--output -: a sound is nothing for a terminal");
  } else if (!format && fs::path(to.path).has_extension()) {
    format = sound_format_of(to.path);
    if (!format)
      fail(Fault::usage,
           "--output {}: no sound ends like this; there are: .wav, .mp3, .flac, .opus, .ogg, .aac, .m4a, "
           ".pcm; or name a --format",
           to.path);
  }
  to.format = format.value_or(SoundFormat::wav);
  return to;
}

/// The place itself: a file, standard output or the speakers.
class Sound {
 public:
  Sound(const Destination& to, int rate) {
    if (to.plays) {
      speakers_ = std::make_unique<Speakers>(rate, [] { return stop_signal() != 0; });
    } else if (to.path == "-") {
      const auto sink = [](std::span<const std::byte> bytes) {
        // One who reads no further does not keep us from ending.
        print({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, check_stop);
      };
      writer_ = std::make_unique<SoundWriter>(sink, to.format, rate);
    } else {
      writer_ = std::make_unique<SoundWriter>(fs::path(to.path), to.format, rate);
    }
  }
  void write(std::span<const float> samples) {
    speakers_ ? speakers_->write(samples) : writer_->write(samples);
  }
  void finish() { speakers_ ? speakers_->finish() : writer_->commit(); }

 private:
  std::unique_ptr<Speakers> speakers_;
  std::unique_ptr<SoundWriter> writer_;
};

void warn_of_unknown(const Speech& speech, const std::string& model) {
  if (speech.unknown.empty()) return;
  const std::vector<std::string> unknown(speech.unknown.begin(), speech.unknown.end());
  spdlog::warn("{} has no sound for {}; left out", model, listed(unknown));
}

int run(const Invocation& invocation) {
  const Settings& settings = invocation.settings;
  const Destination to = destination_of(settings, invocation.json());
  const std::string text = text_of(invocation.arguments);
  const LoadedModel loaded = load_model(settings, find_model_for(settings, made_for("speak")));
  Speaker speaker(loaded);
  const VoiceSettings voice{.speed = static_cast<float>(settings.number("speed")),
                            .speaker = speaker.speaker(settings.text("voice")),
                            .seed = static_cast<std::uint64_t>(settings.integer("seed"))};
  if (to.path != "-") print_choice(settings, loaded);
  Sound sound(to, speaker.rate());
  Progress progress(!settings.flag("quiet"), 1);
  progress.step(to.plays ? "speaking" : to.path);
  StopWatch watch;
  double computing_ms = 0;
  std::size_t samples = 0;
  const Speech speech = speaker.speak(text, voice, [&](std::span<const float> made) {
    computing_ms += watch.lap();
    check_stop();
    samples += made.size();
    progress.note(fmt::format("{:.0f} s", static_cast<double>(samples) / speaker.rate()));
    sound.write(made);
    watch.lap();  // waiting for the listener is none of ours
    return true;
  });
  computing_ms += watch.lap();
  sound.finish();
  check_stop();
  progress.clear();
  warn_of_unknown(speech, loaded.model->name);
  const double rtf = computing_ms / 1000 / speech.seconds;
  if (invocation.json()) {
    json answer = answer_head(loaded);
    answer.update({{"path", to.path},
                   {"sample_rate", speaker.rate()},
                   {"duration_s", rounded(speech.seconds, 3)},
                   {"phonemes", speech.phonemes},
                   {"ms",
                    {{"text", rounded(speech.text_ms, 3)},
                     {"acoustic", rounded(speaker.acoustic_ms(), 3)},
                     {"vocoder", rounded(speaker.vocoder_ms(), 3)},
                     {"first_audio", rounded(speech.first_audio_ms, 3)},
                     {"total", rounded(computing_ms, 3)}}},
                   {"rtf", rounded(rtf, 4)}});
    print_json(answer);
  } else if (to.path != "-") {
    print(fmt::format("{}: {:.2f} s, {} samples a second; first sound after {:.0f} ms, RTF {:.3f}\n",
                      to.plays ? "played" : heading(plain(to.path)), speech.seconds, speaker.rate(),
                      speech.first_audio_ms, rtf));
  }
  return 0;
}

}  // namespace

Command speak_command() {
  return {.name = "speak",
          .summary = "turn text into speech: a file, a stream, or aloud",
          .arguments = "TEXT...|-",
          .options = {"model", "output", "voice", "speed", "format", "seed"},
          .least_arguments = 1,
          .most_arguments = any_number,
          .run = run};
}

}  // namespace lp::cli
