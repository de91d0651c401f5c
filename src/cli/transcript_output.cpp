#include "cli/transcript_output.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <set>

namespace lp::cli {
namespace fs = std::filesystem;
using nlohmann::json;
namespace {

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

}  // namespace

std::string format_of(const Settings& settings) {
  if (!settings.has("format")) return "text";
  std::string format = settings.text("format");
  constexpr std::array<std::string_view, 5> formats = {"text", "json", "jsonl", "srt", "vtt"};
  if (std::find(formats.begin(), formats.end(), format) == formats.end())
    fail(Fault::usage, "--format: no transcript is written as `{}`; there are: {}", format,
         fmt::join(formats, ", "));
  return format;
}

std::string written(const Transcript& transcript, const std::string& format) {
  if (format == "srt" || format == "vtt") return subtitles(transcript, format == "vtt");
  return plain(transcript.text) + "\n";
}

std::vector<std::string> targets_of(const Settings& settings, const std::string& format,
                                    const std::vector<std::string>& inputs) {
  if (!settings.has("save")) {
    if (inputs.size() > 1 && (format == "srt" || format == "vtt"))
      fail(Fault::usage, "--format {}: subtitles are of one sound; --save DIR writes a file for each",
           format);
    return std::vector<std::string>(inputs.size());
  }
  if (format == "jsonl") fail(Fault::usage, "--save: each file has one transcript; take json, not jsonl");
  const std::string ending = format == "text" ? ".txt" : "." + format;
  std::error_code none;
  const auto place_of = [&](const fs::path& path) { return fs::weakly_canonical(path, none).string(); };
  std::set<std::string> taken, read;
  for (const std::string& input : inputs)
    if (input != "-") read.insert(place_of(input));
  std::vector<std::string> targets;
  for (const std::string& input : inputs) {
    const fs::path name = input == "-" ? fs::path("stdin") : fs::path(input).stem();
    const std::string start = (fs::path(settings.text("save")) / name).string();
    std::string target = start + ending;
    for (int i = 2; !taken.insert(target).second; ++i) target = fmt::format("{}-{}{}", start, i, ending);
    if (read.contains(place_of(target)))
      fail(Fault::bad_input, "{}: the transcript of {} would replace this input; save into another folder",
           target, input);
    targets.push_back(target);
  }
  return targets;
}

std::string partial_target(const std::string& target) {
  const fs::path path = target;
  return (path.parent_path() / path.stem()).string() + ".partial" + path.extension().string();
}

json error_of(const Heard& heard) {
  if (heard.error) return {{"type", name(heard.error->fault())}, {"message", heard.error->what()}};
  if (!heard.is_stopped) return {};
  return {{"type", "stopped"}, {"message", fmt::format("stopped after {:.1f} s", heard.transcript.seconds)}};
}

json document_of(const std::string& path, const Heard& heard, bool has_words) {
  const Transcript& transcript = heard.transcript;
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
                   {"ms", heard.times}};
  if (heard.damaged_packets > 0) document["damaged_packets"] = heard.damaged_packets;
  if (heard.missing_s > 0) document["missing_s"] = rounded(heard.missing_s, 3);
  if (const json error = error_of(heard); !error.is_null()) document["error"] = error;
  if (has_words) document["words"] = json::array();
  for (const SpokenWord& word : transcript.words)
    document["words"].push_back(
        {{"word", word.word}, {"start", rounded(word.start, 3)}, {"end", rounded(word.end, 3)}});
  return document;
}

}  // namespace lp::cli
