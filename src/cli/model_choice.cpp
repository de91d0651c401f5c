#include "cli/model_choice.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/output.hpp"
#include "cli/stop.hpp"
#include "formats/checkpoint.hpp"
#include "store/names.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>

namespace lp::cli {
namespace fs = std::filesystem;

Store open_store(const Settings& settings) {
  const std::string home = settings.text("home");
  return Store(home, [home, calls = 0]() mutable {
    check_stop();
    constexpr int noticed = 20;  // a second: shorter waits are nobody's concern
    if (++calls == noticed) spdlog::warn("{}: waiting for another writer", home);
  });
}

Found find_model(const Store& store, const std::string& asked, const std::string& precision) {
  if (asked == "-") fail(Fault::usage, "a model cannot be read from standard input");
  if (store.contains(asked))
    return {asked, store.artefact_path(asked, store.choose_gguf(asked, precision)), true};
  std::error_code error;
  if (fs::is_directory(asked, error)) return {asked, find_checkpoint(asked), false};
  if (fs::exists(asked, error)) return {asked, asked, false};
  if (!is_model_name(asked)) fail(Fault::not_found, "{}: no such file", asked);
  const std::vector<std::string> names = store.names();
  if (names.empty())
    fail(Fault::not_found, "no model or file `{}`: the store {} is empty", asked, store.home().string());
  fail(Fault::not_found, "no model or file `{}`; nearest in the store {} is `{}`", asked,
       store.home().string(), nearest(asked, names));
}

Fitting made_for(std::string_view task) {
  return {.task = task, .accepts = [task](const Manifest& manifest) { return manifest.task == task; }};
}

Found find_model_for(const Settings& settings, const Fitting& wanted) {
  const Store store = open_store(settings);
  const std::string precision = settings.text("precision");
  if (settings.has("model")) return find_model(store, settings.text("model"), precision);
  return only_model_for(store, wanted, precision, "model");
}

Found only_model_for(const Store& store, const Fitting& wanted, const std::string& precision,
                     std::string_view option) {
  std::vector<std::string> fitting;
  for (const std::string& name : store.names()) {
    try {
      if (wanted.accepts(store.manifest(name))) fitting.push_back(name);
    } catch (const std::exception& error) {  // one broken model must not hide the others
      spdlog::warn("{}", error.what());
    }
  }
  if (fitting.empty())
    fail(Fault::not_found,
         "no model for {} in the store {}; add one: llama-pajamas convert FILE --name NAME, or name a file: "
         "--{} FILE",
         wanted.task, store.home().string(), option);
  if (fitting.size() > 1)
    fail(Fault::usage, "{} models of the store do {}; choose one with --{}: {}", fitting.size(), wanted.task,
         option, fmt::join(fitting, ", "));
  return find_model(store, fitting.front(), precision);
}

void check_device(const Settings& settings) {
  const std::string device = lower(settings.text("device"));
  const std::string kind = device.substr(0, device.find(':'));
  const std::vector<std::string> known = {"auto", "cpu", "cuda", "rocm", "vulkan", "metal", "ane"};
  if (std::find(known.begin(), known.end(), kind) == known.end())
    fail(Fault::usage, "--device: no device `{}`; there are: {}", device, fmt::join(known, ", "));
  if (kind == "auto" || kind == "cpu") return;
  std::vector<std::string_view> runtimes;
  for (const Backend* backend : backends()) runtimes.push_back(backend->name());
  fail(Fault::unsupported, "no runtime in this program computes on {}; it has, for cpu: {}", kind,
       fmt::join(runtimes, ", "));
}

LoadedModel load_model(const Settings& settings, const Found& found) {
  check_device(settings);
  LoadedModel ready;
  ready.model = open_model(found.path, found.name);
  ready.placement =
      choose_placement(*ready.model, settings.text("runtime"), lower(settings.text("precision")));
  ready.weights = ready.placement.backend->weights(ready.model->checkpoint);
  ready.lane = std::make_shared<Lane>(settings.integer("threads"));
  spdlog::info("{} ({} {}, stored as {}) runs on {} in {} with {} threads: {}", found.name,
               ready.model->info.family, ready.model->info.variant, precision_name(ready.model->stored),
               ready.placement.backend->name(), precision_name(ready.placement.precision),
               ready.lane->threads(), ready.placement.why);
  return ready;
}

nlohmann::json answer_head(const LoadedModel& loaded) {
  return {{"model", loaded.model->name},
          {"runtime", loaded.placement.backend->name()},
          {"device", device_name},
          {"precision", precision_name(loaded.placement.precision)}};
}

bool takes(const Manifest& manifest, const char* key) {
  const auto it = manifest.architecture.find(key);
  return it != manifest.architecture.end() && it->is_number() && *it > 0;
}

void warn_of_assumptions(const LoadedModel& loaded) {
  if (loaded.model->info.preprocessing.contains("assumed"))
    spdlog::warn("{}: its source did not say how pictures are prepared; taken as {} models usually are",
                 loaded.model->name, loaded.model->info.family);
}

void print_choice(const Settings& settings, const LoadedModel& loaded, StandardOutput has) {
  if (settings.flag("json") || settings.flag("quiet") || settings.has("model")) return;
  const std::string line =
      fmt::format("model {} on {} in {}\n", plain(loaded.model->name), loaded.placement.backend->name(),
                  precision_name(loaded.placement.precision));
  if (has == StandardOutput::lines)
    print(line);
  else
    fmt::print(stderr, "{}", line);
}

}  // namespace lp::cli
