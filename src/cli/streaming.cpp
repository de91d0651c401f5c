#include "cli/streaming.hpp"

#include "base/error.hpp"
#include "cli/hearing.hpp"
#include "cli/live_input.hpp"
#include "cli/live_sound.hpp"
#include "cli/model_choice.hpp"
#include "cli/stop.hpp"
#include "cli/stream_output.hpp"
#include "tasks/streaming/appearances.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

namespace lp::cli {
namespace {

using nlohmann::json;

bool is_stopped() {
  return stop_signal() != 0;
}

json distribution(const std::vector<double>& values) {
  return {{"median_ms", rounded(quantile(values, 0.5), 1)}, {"p95_ms", rounded(quantile(values, 0.95), 1)}};
}

/// What was said so far, and how long each word took.
class Record {
 public:
  Record(LiveSound& sound, StreamOutput& output) : sound_(sound), output_(output) {}

  void add(const StreamUpdate& update) {
    const double now = sound_.now();
    const std::vector<double> since = appearances_.show(update.finals, update.open, now);
    std::vector<double> waited;
    for (std::size_t i = 0; i < since.size(); ++i) {
      const StreamWord& word = update.finals[i];
      const double age_ms = 1000 * sound_.age(word.end);
      waited.push_back(age_ms - 1000 * (now - since[i]));
      first_.push_back(waited.back());
      final_.push_back(age_ms);
      text_ += word.word;
    }
    words_.insert(words_.end(), update.finals.begin(), update.finals.end());
    const auto age_of_last = [&](const std::vector<StreamWord>& words) {
      return words.empty() ? 0 : 1000 * sound_.age(words.back().end);
    };
    output_.show({update, now, age_of_last(update.finals), age_of_last(update.open), waited});
  }

  json summary() const {
    json latency = distribution(first_);
    latency["words"] = first_.size();
    latency["final"] = distribution(final_);
    const std::size_t first = text_.find_first_not_of(' ');
    return {{"text", first == std::string::npos ? "" : text_.substr(first)},
            {"words", words_json(words_)},
            {"latency", latency}};
  }

 private:
  LiveSound& sound_;
  StreamOutput& output_;
  Appearances appearances_;
  std::string text_;
  std::vector<StreamWord> words_;
  std::vector<double> first_, final_;  // ms from a word's end until it was there, and final
};

}  // namespace

int stream(const Invocation& invocation, const std::string& format) {
  const Settings& settings = invocation.settings;
  if (invocation.arguments.size() != 1)
    fail(Fault::usage, "--stream: one input at a time, not {}", invocation.arguments.size());
  if (format == "srt" || format == "vtt")
    fail(Fault::usage, "--stream: words that come one by one are written as text or jsonl, not as {}",
         format);
  if (settings.has("save"))
    fail(Fault::usage, "--stream: words go to standard output as they come; --save is for files");
  const bool is_json = invocation.json() || format != "text";
  const std::string& path = invocation.arguments.front();
  const bool is_file = is_sound_file(path);
  if (is_file && !std::filesystem::exists(path)) fail(Fault::not_found, "{}: no such file", path);
  const SpeechOptions options = speech_options(settings);
  const LoadedModel loaded = load_model(settings, find_model_for(settings, made_for("transcribe")));
  Transcriber transcriber(loaded);
  transcriber.check(options);
  print_choice(settings, loaded, StandardOutput::result);
  transcriber.prepare();
  LiveInput input(path, settings.has("pcm") ? settings.integer("pcm") : 0);
  SpeechStream speech([&](const StreamWindow& window) { return transcriber.hear_window(window, options); },
                      transcriber.most_samples(), transcriber.hint(options.prompt), options.language);
  std::unique_ptr<StreamOutput> output;
  if (is_json)
    output = std::make_unique<StreamLines>();
  else
    output = std::make_unique<StreamText>();
  const Pace file_pace = settings.text("pace") == "fast" ? Pace::fast : Pace::live;
  json error;
  {
    LiveSound sound([&](std::vector<float>& samples) { return input.next(samples); },
                    is_file ? file_pace : Pace::arrival, is_stopped, {}, [&] { input.leave(); });
    Record record(sound, *output);
    try {
      while (true) {
        const std::vector<float> samples = sound.take(speech.wanted(), speech.room());
        if (samples.empty()) break;
        for (std::span<const float> rest = samples; !rest.empty() && !is_stopped();) {
          rest = rest.subspan(speech.add(rest));
          if (const std::optional<StreamUpdate> update = speech.update()) record.add(*update);
        }
      }
      if (speech.seconds() <= 0 && !is_stopped())
        fail(Fault::bad_input, "{}: the sound has no samples", path);
    } catch (const Error& failed) {  // what was said before is not lost
      error = {{"type", name(failed.fault())}, {"message", failed.what()}};
      spdlog::error("{}", failed.what());
    }
    try {
      record.add(speech.finish(error.is_null()));
    } catch (const Error& failed) {
      if (error.is_null()) error = {{"type", name(failed.fault())}, {"message", failed.what()}};
      spdlog::error("{}", failed.what());
    }
    json summary = {{"type", "transcript"}};
    summary.update(record.summary());
    summary["language"] = speech.language();
    summary["duration_s"] = rounded(speech.seconds(), 3);
    summary["path"] = path;
    summary.update(answer_head(loaded));
    if (!error.is_null()) summary["error"] = error;
    output->end(summary);
  }
  input.warn_of_losses();
  if (is_stopped()) return 128 + stop_signal();
  return error.is_null() ? 0 : 1;
}

}  // namespace lp::cli
