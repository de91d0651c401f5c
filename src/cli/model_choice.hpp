#pragma once
#include "base/json.hpp"
#include "base/options.hpp"
#include "runtime/session.hpp"
#include "store/store.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace lp::cli {

/// A model that was found: in the store, or as a file.
struct Found {
  std::string name;            // as results call it
  std::filesystem::path path;  // the file to open
  bool in_store = false;
};

/// The store that the settings name.
Store open_store(const Settings& settings);

/// `asked` as a name in the store, else as a file or a folder with one model in it. `precision`: the stored
/// one that is preferred, "auto" for any.
/// @throws Error{not_found} with the nearest name.
Found find_model(const Store& store, const std::string& asked, const std::string& precision);

/// What a model must be for a command.
struct Fitting {
  std::string_view task;  // in messages
  std::function<bool(const Manifest&)> accepts;
};

/// Models made for that task.
Fitting made_for(std::string_view task);

/// --model, else the only model of the store that fits. @throws Error{usage, not_found} saying how to get
/// one.
Found find_model_for(const Settings& settings, const Fitting& fitting);

/// The only model of the store that fits. @throws Error{usage, not_found} saying how to get one, or how to
/// choose one with
/// --`option`.
Found only_model_for(const Store& store, const Fitting& fitting, const std::string& precision,
                     std::string_view option);

/// Opens a model on the runtime, precision and threads that the settings ask for. @throws Error.
LoadedModel load_model(const Settings& settings, const Found& found);

/// {"model","runtime","device","precision"}: what an answer begins with.
nlohmann::json answer_head(const LoadedModel& loaded);

/// Whether the architecture in a manifest has a number above zero under `key`: "image_size" for pictures,
/// "max_tokens" for texts.
bool takes(const Manifest& manifest, const char* key);

/// Says so where the source of a model did not say how its pictures are prepared.
void warn_of_assumptions(const LoadedModel& loaded);

/// What standard output has: lines for people, or a result that nothing may stand before.
enum class StandardOutput { lines, result };
/// Says which model was taken, for people who did not name one: on standard output, or on standard error
/// where that has a result.
void print_choice(const Settings& settings, const LoadedModel& loaded,
                  StandardOutput has = StandardOutput::lines);

/// @throws Error{usage} for a --device that nobody knows, Error{unsupported} for one that no runtime here
/// computes on.
void check_device(const Settings& settings);

/// What all runtimes of this program compute on.
inline constexpr std::string_view device_name = "cpu";

}  // namespace lp::cli
