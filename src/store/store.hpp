#pragma once
#include "store/leftovers.hpp"
#include "store/manifest.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lp {

/// Where the store is by default: $XDG_DATA_HOME/llama-pajamas, ~/.local/share/llama-pajamas, on macOS
/// ~/Library/Application Support/llama-pajamas.
std::filesystem::path default_store_home();

/// A folder of its own inside the store where files are written before they are added; removed with
/// everything in it when it goes.
class Staging {
 public:
  /// Makes PARENT/NAME-XXXXXX, the X being what no other folder there has. @throws Error{io}.
  Staging(const std::filesystem::path& parent, std::string_view name);
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<InUse> mark_;
};

/// The models kept on this machine: HOME/models/NAME/manifest.json and the files it names. Processes may
/// share it: writers take turns by a lock, readers see a model before or after a change.
class Store {
 public:
  /// `waiting` is called again and again while another process changes the store and this one must wait; what
  /// it throws ends the wait.
  explicit Store(std::filesystem::path home, std::function<void()> waiting = nullptr)
      : home_(std::move(home)), waiting_(std::move(waiting)) {}

  const std::filesystem::path& home() const { return home_; }
  /// Names of all models, sorted.
  std::vector<std::string> names() const;
  bool contains(std::string_view name) const;
  /// @throws Error{not_found} with the nearest name if it does not.
  void check_there(std::string_view name) const;
  /// Whether `remove` finds something of that name, be it a model or a folder without a manifest.
  /// @throws Error{not_found} with the nearest name if there is nothing.
  void check_removable(std::string_view name) const;
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

  /// HOME/incoming: where things are made ready, on the store's own disk.
  std::filesystem::path incoming() const { return home_ / "incoming"; }
  /// A fresh folder for the files of `name` in `incoming`; what others left there long ago is removed.
  /// @throws Error{io}.
  Staging stage(std::string_view name) const;
  /// Whether `about` with its artefacts can be added as `name`: nothing is there, or a model of the same task
  /// and family, and its other artefacts have other files. @throws Error{usage} if not; Error{bad_model} if
  /// what is there cannot be read, or the artefacts are none that one model can have.
  void check_addable(std::string_view name, const Manifest& about) const;
  /// Moves the artefacts' files from `staging` (under their paths there) into the model and lists them in its
  /// manifest. `about` is the rest of the manifest: of a model that is there, what `about` leaves empty and
  /// keys that only the manifest has stay as they are, so do its other artefacts, and those of the same
  /// format and precision are replaced, their files removed unless another artefact has them. All of it
  /// happens in one step: whoever looks, and whatever is killed, the manifest and the files are those before
  /// or those after it. @throws Error{io}; like check_addable.
  void add(std::string_view name, const Manifest& about, std::span<const Artefact> artefacts,
           const Staging& staging) const;
  /// Changes what the manifest says of the artefact that `is_meant` finds, in one step.
  /// @throws Error{not_found} if there is none (any more), Error{io}.
  void change_artefact(std::string_view name, const std::function<bool(const Artefact&)>& is_meant,
                       const std::function<void(Artefact&)>& change) const;
  /// Removes a model with all its files, also one whose manifest is broken or missing. @throws
  /// Error{not_found} with the nearest name.
  void remove(std::string_view name) const;

  /// Mends what was killed in the middle of a change, and removes what others left in `incoming` long ago.
  /// @throws Error{io}.
  void tidy() const;
  /// Calls `look` while nobody changes the store. Writes nothing, so it serves a store that cannot be written
  /// too. @throws what `look` throws.
  void while_still(const std::function<void()>& look) const;

 private:
  /// The manifest of `name`, nothing if there is none. @throws like `manifest`.
  std::optional<Manifest> find(std::string_view name) const;

  std::filesystem::path home_;
  std::function<void()> waiting_;
};

}  // namespace lp
