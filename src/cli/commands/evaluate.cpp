#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/evaluate_spoken.hpp"
#include "cli/evaluation.hpp"
#include "cli/output.hpp"
#include "cli/reports.hpp"

#include <fmt/format.h>

namespace lp::cli {
namespace {

using nlohmann::json;

EvaluationData data_of(const std::string& word) {
  if (word == "vision") return EvaluationData::pictures;
  if (word == "text") return EvaluationData::texts;
  fail(Fault::usage, "evaluate {}: this version evaluates vision, text, stt and tts", word);
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

int run(const Invocation& invocation) {
  if (invocation.arguments.front() == "stt") return evaluate_stt(invocation);
  if (invocation.arguments.front() == "tts") return evaluate_tts(invocation);
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
  return {.name = "evaluate",
          .summary =
              "how much of a model's accuracy a precision keeps, against the original and labels; stt, tts: "
              "how many "
              "words are misheard",
          .arguments = "vision|text INPUT..., or stt|tts MODEL --data DATA",
          .options = {"model", "original", "data", "language", "task", "prompt", "beam-size", "temperature",
                      "pad", "listener", "voice", "speed", "seed", "truth", "confidence", "iou", "size"},
          .least_arguments = 1,
          .most_arguments = any_number,
          .run = run};
}

}  // namespace lp::cli
