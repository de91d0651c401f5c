#include "cli/speech_evaluation.hpp"

#include "base/sha256.hpp"
#include "cli/reports.hpp"
#include "cli/speech_score.hpp"
#include "cli/stop.hpp"

#include <spdlog/spdlog.h>

#include <memory>
#include <new>
#include <system_error>

namespace lp::cli {
namespace {

using nlohmann::json;

/// Both models on all sounds.
class Evaluation {
 public:
  Evaluation(Listener& model, Listener* original, bool quiet, std::size_t total)
      : model_(model), original_(original), progress_(!quiet, total) {}

  void add(const Spoken& item) {
    progress_.step(item.path);
    const SpeechScore score = model_.hear(item.path, item.text, progress_);
    const Transcript& transcript = model_.heard().transcript;
    json one = {{"path", item.path},
                {"reference", item.text},
                {"text", transcript.text},
                {"language", transcript.language},
                {"duration_s", rounded(transcript.seconds, 3)},
                {"ms", model_.heard().times}};
    one.update(rates_of(score));
    one.update(parts_of(score));
    if (original_ != nullptr) {
      const SpeechScore expected = original_->hear(item.path, item.text, progress_);
      one["original"] = rates_of(expected);
      one["original"]["text"] = original_->heard().transcript.text;
      original_all += expected;
    }
    all += score;  // only now: both heard it
    items.push_back(std::move(one));
  }
  void drop(const Unusable& one) {
    progress_.clear();
    spdlog::error("{}", one.why);
    errors.push_back({{"path", one.path}, {"type", name(one.fault)}, {"message", one.why}});
  }
  void end() { progress_.clear(); }

  json items = json::array(), errors = json::array();
  SpeechScore all, original_all;

 private:
  Listener& model_;
  Listener* original_;
  Progress progress_;
};

json options_of(const SpeechPlan& plan) {
  json options = json_of(plan.options);
  options["original"] = plan.original;
  return options;
}

/// Whether the model is the one that it would be compared with.
bool is_original(const Store& store, const Found& found, const SpeechPlan& plan, const LoadedModel& model) {
  return model.placement.precision == DType::f32 && model.model->stored != DType::i8 &&
         find_model(store, plan.original, "f32").path == found.path;
}

}  // namespace

SpeechPlan plan_of(const json& options) {
  return {.original = options.at("original"), .options = speech_options_of(options)};
}

SpeechDigests digests_of(SpokenData& data) {
  SpeechDigests digests;
  std::vector<std::string> with_texts;
  std::vector<Spoken> readable;
  for (Spoken& item : data.items) {
    check_stop();
    try {
      digests.sounds.push_back(sha256_of_file(item.path));
    } catch (const Error& error) {
      data.unusable.push_back({item.path, error.fault(), error.what()});
      continue;
    }
    Sha256 both;
    for (const std::string& part : {digests.sounds.back(), item.text})
      both.add(std::as_bytes(std::span(part)));
    with_texts.push_back(both.finish());
    readable.push_back(std::move(item));
  }
  data.items = std::move(readable);
  digests.all = sum_of(with_texts);
  return digests;
}

json evaluate_speech(const Settings& settings, const Store& store, const Found& found, const SpeechPlan& plan,
                     SpokenData data) {
  const LoadedModel loaded = load_model(settings, found);
  Listener model(loaded, plan.options);
  std::unique_ptr<Listener> original;
  if (!is_original(store, found, plan, loaded))
    original = std::make_unique<Listener>(load_original(settings, store, plan.original), plan.options);
  const SpeechDigests digests = digests_of(data);
  std::vector<std::string> paths;
  paths.reserve(data.items.size());
  for (const Spoken& item : data.items) paths.push_back(item.path);
  check_unseen(store, found, loaded, paths, digests.sounds);

  Evaluation evaluation(model, original.get(), settings.flag("quiet"), data.items.size());
  for (const Unusable& one : data.unusable) evaluation.drop(one);
  for (const Spoken& item : data.items) {
    if (stop_signal() != 0) break;
    try {
      evaluation.add(item);
    } catch (const Stopped&) {
      break;
    } catch (const Error& error) {
      if (stop_signal() == 0) evaluation.drop({item.path, error.fault(), error.what()});
    } catch (const std::system_error& error) {  // of files and threads
      evaluation.drop({item.path, Fault::io, fmt::format("{}: {}", item.path, error.what())});
    } catch (const std::bad_alloc&) {
      evaluation.drop({item.path, Fault::out_of_memory, fmt::format("{}: not enough memory", item.path)});
    }
  }
  evaluation.end();

  json report = model.head();
  report["kind"] = "stt";
  report["data"] = {{"items", evaluation.items.size()}, {"sha256", digests.all}};
  report["options"] = options_of(plan);
  report["items"] = evaluation.items;
  if (!evaluation.errors.empty()) report["errors"] = evaluation.errors;
  if (stop_signal() != 0) report["stopped"] = evaluation.items.size();
  if (evaluation.items.empty()) return report;
  report["data"]["seconds"] = rounded(evaluation.all.sound_s, 3);
  report["metrics"] = rates_of(evaluation.all);
  report.update(parts_of(evaluation.all));
  if (original) {
    report["against"] = original->head();
    report["original"] = rates_of(evaluation.original_all);
    report["original"].update(parts_of(evaluation.original_all));
  }
  return report;
}

}  // namespace lp::cli
