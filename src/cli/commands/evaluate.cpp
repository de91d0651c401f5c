#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/evaluation.hpp"
#include "cli/hearing.hpp"
#include "cli/output.hpp"
#include "cli/reports.hpp"
#include "cli/speech_evaluation.hpp"
#include "cli/stop.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <span>

namespace lp::cli {
namespace {

using nlohmann::json;

EvaluationData data_of(const std::string& word) {
  if (word == "vision") return EvaluationData::pictures;
  if (word == "text") return EvaluationData::texts;
  fail(Fault::usage, "evaluate {}: this version evaluates vision, text and stt", word);
}

EvaluationPlan plan_of(const Settings& settings, EvaluationData data) {
  return {.data = data,
          .original = settings.text(settings.has("original") ? "original" : "model"),
          .confidence = settings.number("confidence"),
          .iou = settings.number("iou"),
          .size = settings.has("size") ? settings.integer("size") : 0,
          .truth = settings.has("truth") ? settings.text("truth") : ""};
}

void print_metrics(const json& metrics, const std::string& against) {
  for (const auto& [metric, value] : metrics.items())
    print(fmt::format("{:<14} {:<10} {}\n", metric, value.dump(), against));
}

void print_report(const json& report) {
  print(fmt::format(
      "{} in {} against {} in {}, {} files\n", plain(report["model"].get<std::string>()),
      report["precision"].get<std::string>(), plain(report["against"]["model"].get<std::string>()),
      report["against"]["precision"].get<std::string>(), report["data"]["items"].get<std::size_t>()));
  print_metrics(report["metrics"], "");
  if (!report.contains("labelled")) return;
  print_metrics(report["labelled"]["model"], "against labels");
  print_metrics(report["labelled"]["original"], "the original against labels");
}

std::string percent(const json& rate) {
  return fmt::format("{:.2f} %", 100 * rate.get<double>());
}

void print_speech(const json& report) {
  std::vector<std::vector<std::string>> rows = {{"sound", "seconds", "RTF", "WER", "CER"}};
  const auto add = [&](const std::string& what, const json& seconds, const json& score) {
    rows.push_back({what, fmt::format("{:.1f}", seconds.get<double>()),
                    fmt::format("{:.3f}", score["rtf"].get<double>()), percent(score["wer"]),
                    percent(score["cer"])});
  };
  for (const json& item : report["items"]) add(item["path"], item["duration_s"], item);
  const auto add_total = [&](const json& model, json score, const json& rates) {
    score.update(rates);
    add(fmt::format("{} in {}", model["model"].get<std::string>(), model["precision"].get<std::string>()),
        report["data"]["seconds"], score);
  };
  add_total(report, report, report["metrics"]);
  if (report.contains("original")) add_total(report["against"], report["original"], json::object());
  print(table(rows, {1, 2, 3, 4}));
  const json& words = report["words"];
  print(fmt::format("{} of {} words changed, {} left out, {} put in\n", words["substitutions"].get<int>(),
                    words["reference"].get<int>(), words["deletions"].get<int>(),
                    words["insertions"].get<int>()));
}

/// `evaluate stt MODEL --data DATA`, or `evaluate stt DATA... --model MODEL`.
int run_speech(const Invocation& invocation) {
  const Settings& settings = invocation.settings;
  std::vector<std::string> inputs = settings.list("data");
  auto words = std::span(invocation.arguments).subspan(1);
  const bool named = settings.has("model");
  if (!named && words.empty())
    fail(Fault::usage, "evaluate stt: name the model: evaluate stt MODEL --data DATA");
  const std::string asked = named ? settings.text("model") : words.front();
  if (!named) words = words.subspan(1);
  inputs.insert(inputs.end(), words.begin(), words.end());
  if (inputs.empty())
    fail(Fault::usage, "evaluate stt: name sounds with their texts: --data FOLDER, or a list of them");
  const Store store = open_store(settings);
  const Found found = find_model(store, asked, settings.text("precision"));
  const SpeechPlan plan{.original = settings.has("original") ? settings.text("original") : asked,
                        .options = speech_options(settings)};
  json report = evaluate_speech(settings, store, found, plan, read_spoken_data(inputs));
  json error;
  if (report.contains("stopped"))
    error = {{"type", "stopped"},
             {"message", fmt::format("stopped after {} sounds", report["stopped"].get<std::size_t>())}};
  else if (report.contains("errors"))
    error = {{"type", report["errors"][0]["type"]}, {"message", report["errors"][0]["message"]}};
  if (!error.is_null()) report["error"] = error;
  if (invocation.json())
    print_json(report);
  else if (report.contains("metrics"))
    print_speech(report);
  if (stop_signal() != 0) {
    spdlog::error("{}", error["message"].get<std::string>());
    return 128 + stop_signal();
  }
  if (report.contains("metrics")) {
    for (const char* const key : {"items", "errors", "error"}) report.erase(key);
    keep_report(store, found, report);
  }
  return error.is_null() ? 0 : 1;
}

int run(const Invocation& invocation) {
  if (invocation.arguments.front() == "stt") return run_speech(invocation);
  const Settings& settings = invocation.settings;
  const EvaluationData data = data_of(invocation.arguments.front());
  if (invocation.arguments.size() < 2)
    fail(Fault::usage, "evaluate {0}: name what to evaluate on: evaluate {0} INPUT...",
         invocation.arguments.front());
  if (!settings.has("model")) fail(Fault::usage, "evaluate: name the model with --model");
  if (data == EvaluationData::texts && settings.has("truth"))
    fail(Fault::usage, "evaluate text: --truth is for pictures");
  const std::vector<std::string> files =
      evaluation_files(data, {invocation.arguments.begin() + 1, invocation.arguments.end()});
  const Store store = open_store(settings);
  const Found found = find_model(store, settings.text("model"), settings.text("precision"));
  const json report = evaluate(settings, store, found, plan_of(settings, data), files);
  invocation.json() ? print_json(report) : print_report(report);
  keep_report(store, found, report);
  return 0;
}

}  // namespace

Command evaluate_command() {
  return {
      .name = "evaluate",
      .summary =
          "how much of a model's accuracy a precision keeps, against the original and labels; stt: how many "
          "words it mishears",
      .arguments = "vision|text INPUT..., or stt MODEL --data DATA",
      .options = {"model", "original", "data", "language", "task", "prompt", "beam-size", "temperature",
                  "pad", "truth", "confidence", "iou", "size"},
      .least_arguments = 1,
      .most_arguments = any_number,
      .run = run};
}

}  // namespace lp::cli
