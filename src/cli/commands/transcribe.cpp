#include "base/error.hpp"
#include "base/files.hpp"
#include "cli/command.hpp"
#include "cli/hearing.hpp"
#include "cli/inputs.hpp"
#include "cli/live_input.hpp"
#include "cli/model_choice.hpp"
#include "cli/output.hpp"
#include "cli/stop.hpp"
#include "cli/streaming.hpp"
#include "cli/streams.hpp"
#include "cli/transcript_output.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <new>
#include <system_error>
#include <utility>
#include <variant>

namespace lp::cli {
namespace {

using nlohmann::json;

void print_line(const json& document) {
  print(document.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
}

/// As many transcribers as there are streams. Each computes on a lane of its own while there are threads for
/// that: two threads with a sound each do more than two that share one. Further ones take turns with those.
std::vector<Transcriber> transcribers_for(LoadedModel loaded, std::size_t streams) {
  const auto threads = static_cast<std::size_t>(loaded.lane->threads());
  const std::size_t lanes = std::min(streams, threads);
  const auto lane = [&](std::size_t i) {
    return std::make_shared<Lane>(static_cast<int>((threads + i) / lanes));
  };
  if (lanes > 1) loaded.lane = lane(0);
  std::vector<Transcriber> all;
  all.emplace_back(std::move(loaded));
  for (std::size_t i = 1; i < streams; ++i)
    all.push_back(i < lanes ? all.front().another(lane(i)) : all[i % lanes].another());
  return all;
}

/// The sounds of one call, and what comes of them.
class Transcription {
 public:
  Transcription(const Invocation& invocation, const std::string& format)
      : settings_(invocation.settings),
        format_(format),
        is_json_(invocation.json() || format == "json"),
        paths_(expand_inputs(invocation.arguments, sound_endings, missing_)),
        targets_(targets_of(settings_, format, paths_)),
        loaded_(load_model(settings_, find_model_for(settings_, made_for("transcribe")))),
        options_(speech_options(settings_)),
        outcomes_(paths_.size()),
        progress_(!settings_.flag("quiet"), paths_.size()) {
    options_.words = settings_.flag("word-timestamps");
    const auto jobs = static_cast<std::size_t>(settings_.integer("jobs"));
    transcribers_ =
        transcribers_for(loaded_, std::clamp(jobs, std::size_t{1}, std::max<std::size_t>(paths_.size(), 1)));
    transcribers_.front().check(options_);
    print_choice(settings_, loaded_, StandardOutput::result);
  }

  int run() {
    for (const auto& [path, message] : missing_) tell_failure({path, name(Fault::not_found), message});
    work_in_streams(
        paths_.size(), transcribers_.size(),
        [this](std::size_t stream, std::size_t i) { outcomes_[i] = outcome_of(stream, paths_[i]); },
        [this](std::size_t i) { tell(i, std::exchange(outcomes_[i], {})); });
    progress_.clear();
    return finish();
  }

 private:
  struct Failure {
    std::string path;
    std::string_view type;
    std::string message;
  };
  /// Nothing: a signal stopped it.
  using Outcome = std::variant<std::monostate, Heard, Failure>;

  Outcome outcome_of(std::size_t stream, const std::string& path) {
    Progress none(false, 0);
    const bool alone = transcribers_.size() == 1;
    if (alone) progress_.step(path);
    try {
      return hear(transcribers_[stream], path, options_, alone ? progress_ : none,
                  settings_.has("pcm") ? settings_.integer("pcm") : 0);
    } catch (const Stopped&) {
      return {};
    } catch (const Error& error) {
      if (stop_signal() != 0) return {};  // of reading on
      return Failure{path, name(error.fault()), error.what()};
    } catch (const std::system_error& error) {  // of files and threads
      return Failure{path, name(Fault::io), fmt::format("{}: {}", path, error.what())};
    } catch (const std::bad_alloc&) {
      return Failure{path, name(Fault::out_of_memory), fmt::format("{}: not enough memory", path)};
    }
  }

  void tell(std::size_t i, const Outcome& outcome) {
    const std::string& path = paths_[i];
    progress_.clear();
    if (const Failure* const failure = std::get_if<Failure>(&outcome)) tell_failure(*failure);
    const Heard* const heard = std::get_if<Heard>(&outcome);
    if (heard == nullptr) return;
    if (!heard->error && !heard->is_stopped) ++done_;
    if (transcribers_.size() > 1) progress_.step(path);
    write(path, *heard, targets_[i]);
    if (!heard->error) return;
    spdlog::error("{} (heard up to {:.1f} s)", heard->error->what(), heard->transcript.seconds);
    errors_.push_back(error_of(*heard));
    errors_.back()["path"] = path;
  }

  void write(const std::string& path, const Heard& heard, const std::string& target) {
    if (!target.empty()) return save(path, heard, target);
    if (is_json_)
      items_.push_back(document_of(path, heard, options_.words));
    else if (format_ == "jsonl")
      print_line(document_of(path, heard, options_.words));
    else
      print(paths_.size() > 1 ? heading(plain(path)) + "\n" + written(heard.transcript, format_)
                              : written(heard.transcript, format_));
  }

  void save(const std::string& path, const Heard& heard, std::string target) {
    if (heard.error || heard.is_stopped) target = partial_target(target);
    const json document = document_of(path, heard, options_.words);
    try {
      FileWriter file(target);
      file.write(format_ == "json" ? document.dump(2, ' ', false, json::error_handler_t::replace) + "\n"
                                   : written(heard.transcript, format_));
      file.commit();
    } catch (const Error& error) {
      return tell_failure({path, name(error.fault()), error.what()});
    }
    if (is_json_) {
      items_.push_back(document);
      items_.back()["saved"] = target;
    } else {
      print(fmt::format("{}\n", plain(target)));
    }
  }

  void tell_failure(const Failure& failure) {
    spdlog::error("{}", failure.message);
    const json error = {{"type", failure.type}, {"message", failure.message}};
    if (format_ == "jsonl" && !is_json_) print_line({{"path", failure.path}, {"error", error}});
    errors_.push_back(error);
    errors_.back()["path"] = failure.path;
  }

  int finish() {
    const int stopped_by = stop_signal();
    json error;
    if (!errors_.empty()) error = {{"type", errors_[0]["type"]}, {"message", errors_[0]["message"]}};
    if (stopped_by != 0) {
      const std::string text = fmt::format("stopped after {} of {} sounds", done_, paths_.size());
      error = {{"type", "stopped"}, {"message", text}};
      spdlog::error("{}", text);
    }
    if (is_json_) {
      json answer = answer_head(loaded_);
      if (items_.size() == 1 && error.is_null() && paths_.size() == 1)
        answer.update(items_[0]);
      else
        answer["items"] = items_;
      if (!errors_.empty()) answer["errors"] = errors_;
      if (!error.is_null()) answer["error"] = error;
      print_json(answer);
    }
    if (stopped_by != 0) return 128 + stopped_by;
    return errors_.empty() ? 0 : 1;
  }

  const Settings& settings_;
  std::string format_;
  bool is_json_;
  std::vector<std::pair<std::string, std::string>> missing_;
  std::vector<std::string> paths_, targets_;  // target: the file that a transcript is written to, or none
  LoadedModel loaded_;
  SpeechOptions options_;
  std::vector<Transcriber> transcribers_;  // one a stream
  std::vector<Outcome> outcomes_;          // of sounds that are not told yet
  Progress progress_;
  json items_ = json::array(), errors_ = json::array();
  std::size_t done_ = 0;
};

int run(const Invocation& invocation) {
  const std::string format = format_of(invocation.settings);
  if (invocation.settings.flag("stream")) return stream(invocation, format);
  for (const std::string& input : invocation.arguments)
    if (input != "-" && !is_sound_file(input))
      fail(Fault::usage, "{}: it has no end; `transcribe --stream {}` hears it while it is spoken", input,
           input);
  return Transcription(invocation, format).run();
}

}  // namespace

Command transcribe_command() {
  return {.name = "transcribe",
          .summary = "turn speech in sound files into text with times",
          .arguments = "INPUT...",
          .options = {"model", "language", "task", "format", "prompt", "beam-size", "temperature",
                      "word-timestamps", "pad", "pcm", "stream", "pace", "jobs", "save"},
          .least_arguments = 1,
          .most_arguments = any_number,
          .run = run};
}

}  // namespace lp::cli
