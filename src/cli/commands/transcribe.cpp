#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/hearing.hpp"
#include "cli/inputs.hpp"
#include "cli/model_choice.hpp"
#include "cli/output.hpp"
#include "cli/stop.hpp"
#include "cli/streaming.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <new>
#include <system_error>

namespace lp::cli {
namespace {

using nlohmann::json;

/// "00:01:02,500", as SubRip has it; with a point for WebVTT.
std::string clock(double seconds, char point) {
  const auto ms = static_cast<std::int64_t>(std::lround(seconds * 1000));
  return fmt::format("{:02}:{:02}:{:02}{}{:03}", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60, point,
                     ms % 1000);
}

std::string subtitles(const Transcript& transcript, bool web) {
  std::string text = web ? "WEBVTT\n\n" : "";
  int number = 0;
  for (const SpeechSegment& segment : transcript.segments) {
    const std::size_t first = segment.text.find_first_not_of(' ');
    if (!web) text += fmt::format("{}\n", ++number);
    text += fmt::format("{} --> {}\n{}\n\n", clock(segment.start, web ? '.' : ','),
                        clock(segment.end, web ? '.' : ','), plain(segment.text.substr(first)));
  }
  return text;
}

/// --format. @throws Error{usage} for one that is no transcript's.
std::string format_of(const Settings& settings) {
  if (!settings.has("format")) return "text";
  std::string format = settings.text("format");
  constexpr std::array<std::string_view, 4> formats = {"text", "json", "srt", "vtt"};
  if (std::find(formats.begin(), formats.end(), format) == formats.end())
    fail(Fault::usage, "--format: no transcript is written as `{}`; there are: {}", format,
         fmt::join(formats, ", "));
  return format;
}

std::string written(const Transcript& transcript, const std::string& format) {
  if (format == "srt" || format == "vtt") return subtitles(transcript, format == "vtt");
  return plain(transcript.text) + "\n";
}

json document_of(const std::string& path, const Transcript& transcript, const json& times) {
  json segments = json::array();
  for (const SpeechSegment& segment : transcript.segments)
    segments.push_back({{"id", segments.size()},
                        {"start", rounded(segment.start, 3)},
                        {"end", rounded(segment.end, 3)},
                        {"text", segment.text},
                        {"tokens", segment.tokens},
                        {"avg_logprob", rounded(segment.average_logprob, 4)},
                        {"no_speech_prob", rounded(segment.no_speech_probability, 4)}});
  json document = {{"path", path},
                   {"text", transcript.text},
                   {"language", transcript.language},
                   {"language_probability", rounded(transcript.language_probability, 6)},
                   {"duration_s", rounded(transcript.seconds, 3)},
                   {"segments", segments},
                   {"ms", times}};
  for (const SpokenWord& word : transcript.words)
    document["words"].push_back(
        {{"word", word.word}, {"start", rounded(word.start, 3)}, {"end", rounded(word.end, 3)}});
  return document;
}

int run(const Invocation& invocation) {
  const Settings& settings = invocation.settings;
  const std::string format = format_of(settings);
  if (settings.flag("stream")) return stream(invocation, format);
  std::vector<std::pair<std::string, std::string>> missing;
  const std::vector<std::string> paths = expand_inputs(invocation.arguments, sound_endings, missing);
  const LoadedModel loaded = load_model(settings, find_model_for(settings, made_for("transcribe")));
  Transcriber transcriber(loaded);
  print_choice(settings, loaded);
  SpeechOptions options = speech_options(settings);
  options.words = settings.flag("word-timestamps");
  transcriber.check(options);
  const int pcm_rate = settings.has("pcm") ? settings.integer("pcm") : 0;
  const bool is_json = invocation.json() || format == "json";
  Progress progress(!settings.flag("quiet"), paths.size());
  json items = json::array(), errors = json::array();
  const auto failed = [&](const std::string& path, std::string_view type, const std::string& message) {
    progress.clear();
    spdlog::error("{}", message);
    errors.push_back({{"path", path}, {"type", type}, {"message", message}});
  };
  for (const auto& [path, message] : missing) failed(path, name(Fault::not_found), message);
  std::size_t done = 0;
  for (const std::string& path : paths) {
    if (stop_signal() != 0) break;
    progress.step(path);
    try {
      const Heard heard = hear(transcriber, path, options, progress, pcm_rate);
      progress.clear();
      ++done;
      if (is_json)
        items.push_back(document_of(path, heard.transcript, heard.times));
      else
        print(paths.size() > 1 ? heading(plain(path)) + "\n" + written(heard.transcript, format)
                               : written(heard.transcript, format));
    } catch (const Stopped&) {
      break;
    } catch (const Error& error) {
      if (stop_signal() == 0) failed(path, name(error.fault()), error.what());
    } catch (const std::system_error& error) {  // of files and threads
      failed(path, name(Fault::io), fmt::format("{}: {}", path, error.what()));
    } catch (const std::bad_alloc&) {
      failed(path, name(Fault::out_of_memory), fmt::format("{}: not enough memory", path));
    }
  }
  progress.clear();
  const int stopped_by = stop_signal();
  json error;
  if (!errors.empty()) error = {{"type", errors[0]["type"]}, {"message", errors[0]["message"]}};
  if (stopped_by != 0) {
    const std::string text = fmt::format("stopped after {} of {} sounds", done, paths.size());
    error = {{"type", "stopped"}, {"message", text}};
    spdlog::error("{}", text);
  }
  if (is_json) {
    json answer = answer_head(loaded);
    if (items.size() == 1 && error.is_null() && paths.size() == 1)
      answer.update(items[0]);
    else
      answer["items"] = items;
    if (!errors.empty()) answer["errors"] = errors;
    if (!error.is_null()) answer["error"] = error;
    print_json(answer);
  }
  if (stopped_by != 0) return 128 + stopped_by;
  return errors.empty() ? 0 : 1;
}

}  // namespace

Command transcribe_command() {
  return {.name = "transcribe",
          .summary = "turn speech in sound files into text with times",
          .arguments = "INPUT...",
          .options = {"model", "language", "task", "format", "prompt", "beam-size", "temperature",
                      "word-timestamps", "pad", "pcm", "stream", "pace"},
          .least_arguments = 1,
          .most_arguments = any_number,
          .run = run};
}

}  // namespace lp::cli
