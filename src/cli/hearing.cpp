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

nlohmann::json json_of(const SpeechOptions& options) {
  nlohmann::json kept = {{"language", options.language},
                         {"task", options.translate ? "translate" : "transcribe"},
                         {"prompt", options.prompt},
                         {"beam_size", options.beams},
                         {"pad", options.padded}};
  if (options.temperature) kept["temperature"] = *options.temperature;
  return kept;
}

SpeechOptions speech_options_of(const nlohmann::json& kept) {
  SpeechOptions options{.language = kept.value("language", ""),
                        .translate = kept.value("task", "") == "translate",
                        .prompt = kept.value("prompt", ""),
                        .beams = kept.value("beam_size", 1),
                        .padded = kept.value("pad", false)};
  if (kept.contains("temperature")) options.temperature = kept["temperature"].get<double>();
  return options;
}

SoundReader open_sound(const std::string& path, int pcm_rate, const std::function<bool()>& stop) {
  return path == "-"
             ? SoundReader::open_pipe(STDIN_FILENO, "standard input", WhisperModel::rate, stop, pcm_rate)
             : SoundReader::open_file(path, WhisperModel::rate, stop, pcm_rate);
}

namespace {

/// What of a sound is damaged, or less than it says that it is.
void tell_losses(const SoundReader& reader, const std::string& path, Heard& heard) {
  constexpr double most_missing = 0.02, most_missing_s = 1;  // times in headers are not exact
  heard.damaged_packets = reader.damaged_packets();
  if (heard.damaged_packets > 0)
    spdlog::warn("{}: pieces of it that could not be decoded and are missing: {}", path,
                 heard.damaged_packets);
  const double said = reader.info().is_estimate ? 0 : reader.info().seconds,
               missing = said - heard.transcript.seconds;
  if (missing <= std::max(most_missing_s, most_missing * said)) return;
  heard.missing_s = missing;
  spdlog::warn("{}: it ends after {:.1f} s and says that it is {:.1f} s long", path, heard.transcript.seconds,
               said);
}

}  // namespace

Heard hear(Transcriber& transcriber, const std::string& path, const SpeechOptions& options,
           Progress& progress, int pcm_rate) {
  StopWatch whole, watch;
  const double encoder = transcriber.encoder_ms(), decoder = transcriber.decoder_ms();
  double decode_ms = 0;
  SoundReader reader = open_sound(path, pcm_rate, [] { return stop_signal() != 0; });
  decode_ms += watch.lap();
  Heard heard;
  const auto source = [&](std::vector<float>& samples) {
    watch.lap();
    bool more = false;
    try {
      more = reader.next(samples);
    } catch (const Error& error) {
      heard.error = error;
    }
    decode_ms += watch.lap();
    if (stop_signal() != 0) samples.clear();  // nothing more is heard
    return more && stop_signal() == 0;
  };
  heard.transcript = transcriber.transcribe(source, options, [&](double seconds) {
    progress.note(fmt::format("{:.0f} s of {:.0f}", seconds, std::max(reader.info().seconds, seconds)));
  });
  heard.is_stopped = stop_signal() != 0;
  if (heard.transcript.seconds <= 0) {
    check_stop();
    if (heard.error) throw Error(*heard.error);
    fail(Fault::bad_input, "{}: the sound has no samples", path);
  }
  if (!heard.is_stopped && !heard.error) tell_losses(reader, path, heard);
  heard.times = {{"decode", rounded(decode_ms, 3)},
                 {"encoder", rounded(transcriber.encoder_ms() - encoder, 3)},
                 {"decoder", rounded(transcriber.decoder_ms() - decoder, 3)},
                 {"total", rounded(whole.lap(), 3)}};
  return heard;
}

}  // namespace lp::cli
