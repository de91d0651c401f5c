#include "cli/hearing.hpp"

#include "base/error.hpp"
#include "base/stop_watch.hpp"
#include "base/text.hpp"
#include "cli/stop.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>

namespace lp::cli {

SpeechOptions speech_options(const Settings& settings) {
  SpeechOptions options{.language = settings.has("language") ? lower(settings.text("language")) : "",
                        .translate = settings.text("task") == "translate",
                        .prompt = settings.has("prompt") ? settings.text("prompt") : "",
                        .beams = settings.integer("beam-size"),
                        .padded = settings.flag("pad")};
  if (settings.has("temperature")) options.temperature = settings.number("temperature");
  return options;
}

SoundReader open_sound(const std::string& path, int pcm_rate, const std::function<bool()>& stop) {
  return path == "-"
             ? SoundReader::open_pipe(STDIN_FILENO, "standard input", WhisperModel::rate, stop, pcm_rate)
             : SoundReader::open_file(path, WhisperModel::rate, stop, pcm_rate);
}

Heard hear(Transcriber& transcriber, const std::string& path, const SpeechOptions& options,
           Progress& progress, int pcm_rate) {
  StopWatch whole, watch;
  const double encoder = transcriber.encoder_ms(), decoder = transcriber.decoder_ms();
  double decode_ms = 0;
  SoundReader reader = open_sound(path, pcm_rate, [] { return stop_signal() != 0; });
  decode_ms += watch.lap();
  const auto source = [&](std::vector<float>& samples) {
    watch.lap();
    const bool more = reader.next(samples);
    decode_ms += watch.lap();
    return more;
  };
  Heard heard;
  heard.transcript = transcriber.transcribe(source, options, [&](double seconds) {
    check_stop();
    progress.note(fmt::format("{:.0f} s of {:.0f}", seconds, std::max(reader.info().seconds, seconds)));
  });
  check_stop();
  if (heard.transcript.seconds <= 0) fail(Fault::bad_input, "{}: the sound has no samples", path);
  if (reader.damaged_packets() > 0)
    spdlog::warn("{}: {} pieces of it could not be decoded and are missing", path, reader.damaged_packets());
  heard.times = {{"decode", rounded(decode_ms, 3)},
                 {"encoder", rounded(transcriber.encoder_ms() - encoder, 3)},
                 {"decoder", rounded(transcriber.decoder_ms() - decoder, 3)},
                 {"total", rounded(whole.lap(), 3)}};
  return heard;
}

}  // namespace lp::cli
