#pragma once
#include "base/options.hpp"
#include "runtime/session.hpp"
#include "store/store.hpp"

#include <filesystem>
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

/// --model, else the only model of the store that does `task`. @throws Error{usage, not_found} saying how to
/// get one.
Found find_model_for(const Settings& settings, std::string_view task);

/// A model that was opened, and what it will run on.
struct Ready {
  std::shared_ptr<const Model> model;
  Placement placement;
  std::shared_ptr<WeightStore> weights;
  std::shared_ptr<Lane> lane;
};

/// Opens a model on the runtime, precision and threads that the settings ask for. @throws Error.
Ready make_ready(const Settings& settings, const Found& found);

/// @throws Error{usage} for a --device that nobody knows, Error{unsupported} for one that no runtime here
/// computes on.
void check_device(const Settings& settings);

/// What all runtimes of this program compute on.
inline constexpr std::string_view device_name = "cpu";

}  // namespace lp::cli
