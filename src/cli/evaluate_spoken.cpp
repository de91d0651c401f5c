#include "cli/evaluate_spoken.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "cli/evaluation.hpp"
#include "cli/hearing.hpp"
#include "cli/model_choice.hpp"
#include "cli/output.hpp"
#include "cli/reports.hpp"
#include "cli/speech_evaluation.hpp"
#include "cli/stop.hpp"
#include "cli/voice_evaluation.hpp"

#include <spdlog/spdlog.h>

#include <span>

namespace lp::cli {
namespace {

using nlohmann::json;

/// What the words of the command line mean.
struct Request {
  Store store;
  std::string asked;  // the model
  Found found;
  std::vector<std::string> inputs;
};

Request request_of(const Invocation& invocation, std::string_view data) {
  const Settings& settings = invocation.settings;
  const std::string& kind = invocation.arguments.front();
  std::vector<std::string> inputs = settings.list("data");
  auto words = std::span(invocation.arguments).subspan(1);
  const bool named = settings.has("model");
  if (!named && words.empty())
    fail(Fault::usage, "evaluate {0}: name the model: evaluate {0} MODEL --data DATA", kind);
  const std::string asked = named ? settings.text("model") : words.front();
  if (!named) words = words.subspan(1);
  inputs.insert(inputs.end(), words.begin(), words.end());
  if (inputs.empty()) fail(Fault::usage, "evaluate {}: name {}", kind, data);
  const Store store = open_store(settings);
  return {store, asked, find_model(store, asked, settings.text("precision")), inputs};
}

std::string percent(const json& rate) {
  return fmt::format("{:.2f} %", 100 * rate.get<double>());
}

std::string seconds(const json& value) {
  return fmt::format("{:.1f}", value.get<double>());
}

std::string model_of(const json& head) {
  return fmt::format("{} in {}", head["model"].get<std::string>(), head["precision"].get<std::string>());
}

void print_words(const json& words) {
  print(fmt::format("{} of {} words changed, {} left out, {} put in\n", words["substitutions"].get<int>(),
                    words["reference"].get<int>(), words["deletions"].get<int>(),
                    words["insertions"].get<int>()));
}

void print_stt(const json& report) {
  std::vector<std::vector<std::string>> rows = {{"sound", "seconds", "RTF", "WER", "CER"}};
  const auto add = [&](const std::string& what, const json& length, const json& score, const json& rates) {
    rows.push_back({what, seconds(length), fmt::format("{:.3f}", score["rtf"].get<double>()),
                    percent(rates["wer"]), percent(rates["cer"])});
  };
  const json& length = report["data"]["seconds"];
  for (const json& item : report["items"]) add(item["path"], item["duration_s"], item, item);
  add(model_of(report), length, report, report["metrics"]);
  if (report.contains("original"))
    add(model_of(report["against"]), length, report["original"], report["original"]);
  print(table(rows, {1, 2, 3, 4}));
  print_words(report["words"]);
}

void print_tts(const json& report) {
  std::vector<std::vector<std::string>> rows = {{"text", "seconds", "RTF", "first ms", "WER", "CER"}};
  const auto add = [&](const std::string& what, const json& length, const json& score, const json& first,
                       const json& rates) {
    rows.push_back({what, seconds(length), fmt::format("{:.3f}", score["rtf"].get<double>()),
                    fmt::format("{:.0f}", first.get<double>()), percent(rates["wer"]),
                    percent(rates["cer"])});
  };
  std::size_t number = 0;
  for (const json& item : report["items"])
    add(fmt::format("text {}", ++number), item["duration_s"], item, item["first_audio_ms"], item);
  add(model_of(report), report["data"]["seconds"], report, report["first_audio_ms"]["median"],
      report["metrics"]);
  print(table(rows, {1, 2, 3, 4, 5}));
  print_words(report["words"]);
  print(fmt::format("heard by {}\n", plain(model_of(report["listener"]))));
}

/// Prints a report, and keeps it. The exit status.
int answer(const Invocation& invocation, const Request& request, json report,
           void (*print_report)(const json&)) {
  json error;
  if (report.contains("stopped"))
    error = {{"type", "stopped"},
             {"message", fmt::format("stopped after {} of them", report["stopped"].get<std::size_t>())}};
  else if (report.contains("errors"))
    error = {{"type", report["errors"][0]["type"]}, {"message", report["errors"][0]["message"]}};
  if (!error.is_null()) report["error"] = error;
  if (invocation.json())
    print_json(report);
  else if (report.contains("metrics"))
    print_report(report);
  if (report.contains("stopped")) {
    spdlog::error("{}", error["message"].get<std::string>());
    return 128 + stop_signal();
  }
  if (report.contains("metrics")) {
    for (const char* const key : {"items", "errors", "error"}) report.erase(key);
    keep_report(request.store, request.found, report);
  }
  return error.is_null() ? 0 : 1;
}

}  // namespace

int evaluate_stt(const Invocation& invocation) {
  const Settings& settings = invocation.settings;
  const Request request = request_of(invocation, "sounds with their texts: --data FOLDER, or a list of them");
  const SpeechPlan plan{.original = settings.has("original") ? settings.text("original") : request.asked,
                        .options = speech_options(settings)};
  return answer(
      invocation, request,
      evaluate_speech(settings, request.store, request.found, plan, read_spoken_data(request.inputs)),
      print_stt);
}

int evaluate_tts(const Invocation& invocation) {
  const Settings& settings = invocation.settings;
  const Request request = request_of(invocation, "texts, a line each: --data FILE.txt");
  const VoicePlan plan{.listener = settings.has("listener") ? settings.text("listener") : "",
                       .voice = settings.text("voice"),
                       .speed = settings.number("speed"),
                       .seed = settings.integer("seed"),
                       .options = speech_options(settings)};
  return answer(invocation, request,
                evaluate_voice(settings, request.store, request.found, plan,
                               evaluation_files(EvaluationData::texts, request.inputs)),
                print_tts);
}

}  // namespace lp::cli
