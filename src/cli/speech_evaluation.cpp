#include "cli/speech_evaluation.hpp"

#include "base/sha256.hpp"
#include "cli/hearing.hpp"
#include "cli/reports.hpp"
#include "cli/stop.hpp"
#include "tasks/transcripts/normalizer.hpp"
#include "tasks/transcripts/word_errors.hpp"

#include <spdlog/spdlog.h>

#include <memory>
#include <new>
#include <system_error>

namespace lp::cli {
namespace {

using nlohmann::json;
using transcripts::Errors;

/// What is wrong in one text or in many, and how long it took.
struct Score {
  Errors words, characters;
  double sound_s = 0, ms = 0;

  double rtf() const { return ms / 1000 / sound_s; }
  void add(const Score& other) {
    words += other.words;
    characters += other.characters;
    sound_s += other.sound_s;
    ms += other.ms;
  }
};

json rates_of(const Score& score) {
  return {{"wer", rounded(score.words.rate(), 6)}, {"cer", rounded(score.characters.rate(), 6)}};
}

json counts_of(const Errors& errors) {
  return {{"reference", errors.reference},
          {"substitutions", errors.substitutions},
          {"deletions", errors.deletions},
          {"insertions", errors.insertions}};
}

json parts_of(const Score& score) {
  return {{"words", counts_of(score.words)},
          {"characters", counts_of(score.characters)},
          {"rtf", rounded(score.rtf(), 4)}};
}

/// One model on its way through the data.
class Listener {
 public:
  Listener(const LoadedModel& model, const SpeechOptions& options)
      : head_(answer_head(model)), transcriber_(model), options_(options) {
    transcriber_.check(options);
  }

  /// What it hears in a sound, and how wrong that is. @throws Error{bad_input} if no word of the text counts.
  Score hear(const Spoken& item, const transcripts::Normalizer& normalizer, Progress& progress) {
    heard_ = cli::hear(transcriber_, item.path, options_, progress);
    const std::string language = options_.translate ? "en" : heard_.transcript.language;
    const std::string wanted = normalizer.normalized(item.text, language),
                      found = normalizer.normalized(heard_.transcript.text, language);
    const auto spaces = transcripts::is_without_spaces(language) ? transcripts::Spaces::left_out
                                                                 : transcripts::Spaces::counted;
    const Score score{.words = transcripts::word_errors(wanted, found),
                      .characters = transcripts::character_errors(wanted, found, spaces),
                      .sound_s = heard_.transcript.seconds,
                      .ms = heard_.times.at("total")};
    if (score.words.reference == 0)
      fail(Fault::bad_input, "{}: its text `{}` has no words that count", item.path, item.text);
    return score;
  }
  const Heard& heard() const { return heard_; }
  /// {"model","runtime","device","precision"}
  const json& head() const { return head_; }
  void count(const Score& score) { all_.add(score); }
  const Score& all() const { return all_; }

 private:
  json head_;
  Transcriber transcriber_;
  SpeechOptions options_;
  Heard heard_;
  Score all_;
};

/// Both models on all sounds.
class Evaluation {
 public:
  Evaluation(Listener& model, Listener* original, bool quiet, std::size_t total)
      : model_(model), original_(original), progress_(!quiet, total) {}

  void add(const Spoken& item) {
    progress_.step(item.path);
    const Score score = model_.hear(item, normalizer_, progress_);
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
      const Score expected = original_->hear(item, normalizer_, progress_);
      one["original"] = rates_of(expected);
      one["original"]["text"] = original_->heard().transcript.text;
      original_->count(expected);
    }
    model_.count(score);  // only now: both heard it
    items.push_back(std::move(one));
  }
  void drop(const Unusable& one) {
    progress_.clear();
    spdlog::error("{}", one.why);
    errors.push_back({{"path", one.path}, {"type", name(one.fault)}, {"message", one.why}});
  }
  void end() { progress_.clear(); }

  json items = json::array(), errors = json::array();

 private:
  Listener& model_;
  Listener* original_;
  Progress progress_;
  transcripts::Normalizer normalizer_;
};

json options_of(const SpeechPlan& plan) {
  const SpeechOptions& asked = plan.options;
  json options = {{"original", plan.original},
                  {"language", asked.language},
                  {"task", asked.translate ? "translate" : "transcribe"},
                  {"prompt", asked.prompt},
                  {"beam_size", asked.beams},
                  {"pad", asked.padded}};
  if (asked.temperature) options["temperature"] = *asked.temperature;
  return options;
}

/// Whether the model is the one that it would be compared with.
bool is_original(const Store& store, const Found& found, const SpeechPlan& plan, const LoadedModel& model) {
  return model.placement.precision == DType::f32 && model.model->stored != DType::i8 &&
         find_model(store, plan.original, "f32").path == found.path;
}

}  // namespace

SpeechPlan plan_of(const json& options) {
  SpeechPlan plan{.original = options.at("original"),
                  .options = {.language = options.at("language"),
                              .translate = options.at("task") == "translate",
                              .prompt = options.at("prompt"),
                              .beams = options.at("beam_size"),
                              .padded = options.at("pad")}};
  if (options.contains("temperature")) plan.options.temperature = options["temperature"].get<double>();
  return plan;
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
  report["data"]["seconds"] = rounded(model.all().sound_s, 3);
  report["metrics"] = rates_of(model.all());
  report.update(parts_of(model.all()));
  if (original) {
    report["against"] = original->head();
    report["original"] = rates_of(original->all());
    report["original"].update(parts_of(original->all()));
  }
  return report;
}

}  // namespace lp::cli
