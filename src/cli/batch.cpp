#include "cli/batch.hpp"

#include "base/error.hpp"
#include "cli/stop.hpp"

#include <spdlog/spdlog.h>

#include <new>
#include <optional>

namespace lp::cli {
namespace {

using nlohmann::json;

struct Failure {
  std::string input, type, message;
};

/// "2 of 5 pictures failed: a.jpg, b.jpg", or the one failure's own words.
json error_json(const Batch& batch, const std::vector<Failure>& failures, std::size_t done) {
  if (failures.size() == 1 && done == 0)
    return {{"type", failures[0].type}, {"message", failures[0].message}};
  std::string names;
  for (const Failure& failure : failures) names += (names.empty() ? "" : ", ") + failure.input;
  return {{"type", failures[0].type},
          {"message", fmt::format("{} of {} {} failed: {}", failures.size(), failures.size() + done,
                                  batch.noun, names)}};
}

/// An input's result, or nothing and the reason in `failure`.
std::optional<BatchResult> try_work(const Batch& batch, std::size_t index, Progress& progress,
                                    Failure& failure) {
  const std::string& input = batch.inputs[index];
  try {
    return batch.work(index, progress);
  } catch (const Error& error) {
    failure = {input, std::string(name(error.fault())), error.what()};
  } catch (const std::bad_alloc&) {
    failure = {input, "out_of_memory", fmt::format("{}: not enough memory", input)};
  } catch (const Stopped&) {
    failure = {input, "stopped", fmt::format("{}: stopped", input)};
  }
  return std::nullopt;
}

}  // namespace

int run_batch(const Invocation& invocation, const Batch& batch, json answer) {
  std::vector<Failure> failures;
  Progress progress(!invocation.settings.flag("quiet"), batch.inputs.size());
  const auto failed = [&](const Failure& failure) {
    progress.clear();
    spdlog::error("{}", failure.message);
    failures.push_back(failure);
  };
  for (const auto& [argument, why] : batch.missing)
    failed({argument, std::string(name(Fault::not_found)), why});
  answer[std::string(batch.key)] = json::array();
  for (const std::string_view key : batch.more_keys) answer[std::string(key)] = json::array();
  std::size_t done = 0;
  for (std::size_t i = 0; i < batch.inputs.size() && stop_signal() == 0; ++i) {
    progress.step(plain(batch.inputs[i]));
    Failure failure;
    std::optional<BatchResult> result = try_work(batch, i, progress, failure);
    if (!result) {
      failed(failure);
      continue;
    }
    ++done;
    progress.clear();
    if (invocation.json()) {
      answer[std::string(result->key.empty() ? batch.key : result->key)].push_back(
          std::move(result->document));
    } else {
      print(result->text);
    }
  }
  const int stopped_by = stop_signal();
  if (batch.finish && stopped_by == 0 && done > 0) batch.finish(answer);
  for (const Failure& failure : failures)
    answer["errors"].push_back(
        {{"path", failure.input}, {"type", failure.type}, {"message", failure.message}});
  if (!failures.empty()) answer["error"] = error_json(batch, failures, done);
  if (stopped_by != 0) {
    const std::string text = fmt::format("stopped after {} of {} {}", done, batch.inputs.size(), batch.noun);
    answer["error"] = {{"type", "stopped"}, {"message", text}};
    spdlog::error("{}", text);
  }
  if (invocation.json()) print_json(answer);
  if (stopped_by != 0) return 128 + stopped_by;
  return failures.empty() ? 0 : 1;
}

json times_json(const Times& times) {
  json ms = json::object();
  for (const auto& [step, time] : times) ms[step] = rounded(time, 3);
  return ms;
}

std::string times_text(const Times& times) {
  std::string text;
  for (const auto& [step, time] : times)
    text += fmt::format("{}{} {:.1f}{}", text.empty() ? "" : ", ", step, time, text.empty() ? " ms" : "");
  return "(" + text + ")";
}

}  // namespace lp::cli
