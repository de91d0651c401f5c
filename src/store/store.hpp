#pragma once
#include "store/manifest.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lp {

/// Where the store is by default: $XDG_DATA_HOME/llama-pajamas, ~/.local/share/llama-pajamas, on macOS
/// ~/Library/Application Support/llama-pajamas.
std::filesystem::path default_store_home();

/// A folder inside the store where files are written before they are added; removed with everything in it
/// when it goes.
class Staging {
 public:
  explicit Staging(std::filesystem::path folder);
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

/// The models kept on this machine: HOME/models/NAME/manifest.json and the files it names. Processes may
/// share it: writers take turns by a lock, readers see a model before or after a change.
class Store {
 public:
  explicit Store(std::filesystem::path home) : home_(std::move(home)) {}

  const std::filesystem::path& home() const { return home_; }
  /// Names of all models, sorted.
  std::vector<std::string> names() const;
  bool contains(std::string_view name) const;
  /// @throws Error{not_found} with the nearest name if it does not.
  void check_there(std::string_view name) const;
  /// HOME/models/NAME. @throws Error{usage} for what can be no name.
  std::filesystem::path folder(std::string_view name) const;
  /// @throws Error{not_found} with the nearest name, Error{bad_model} if it cannot be read.
  Manifest manifest(std::string_view name) const;
  /// The file or folder of an artefact. @throws Error{bad_model} if it is not there or a link leads out of
  /// the model's folder.
  std::filesystem::path artefact_path(std::string_view name, const Artefact& artefact) const;
  /// The model's GGUF of that precision ("auto" for any) if it is stored, else the most precise one.
  /// @throws Error{not_found} if the model has none.
  Artefact choose_gguf(std::string_view name, std::string_view precision) const;

  /// A fresh folder for the files of `name`, on the store's own disk. @throws Error{io}.
  Staging stage(std::string_view name) const;
  /// Moves the artefact's files from `staging` (under their paths there) into the model and lists it in its
  /// manifest. `about` is the rest of the manifest; a model that is there keeps its other artefacts, and one
  /// of the same format and precision is replaced in one step. @throws Error{io}.
  void add(std::string_view name, const Manifest& about, const Artefact& artefact,
           const Staging& staging) const;
  /// Removes a model with all its files. @throws Error{not_found} with the nearest name.
  void remove(std::string_view name) const;

 private:
  std::filesystem::path home_;
};

}  // namespace lp
