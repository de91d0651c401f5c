#pragma once
#include "base/files.hpp"
#include "store/manifest.hpp"
#include "store/store.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lp {

/// A stored file that is open, or why it could not be opened.
struct OpenedFile {
  std::unique_ptr<MappedFile> file;
  std::string wrong;
};

/// A model's manifest and the files that it names, all of one version: what the store becomes later does not
/// change them.
struct OpenedModel {
  std::string name;
  std::filesystem::path folder;
  Manifest manifest;
  std::map<std::string, OpenedFile, std::less<>> files;  // by their paths
  std::vector<std::string> there;                        // all files in the model's folder, sorted
};

/// Opens a model while nobody changes the store; nobody has to wait for what is done with it afterwards.
/// @throws Error{not_found, bad_model} if there is no manifest, Error{io} if a file that is there cannot be
/// read.
OpenedModel open_files(const Store& store, std::string_view name);

/// What was found at one artefact.
struct ArtefactReport {
  Artefact artefact;
  std::vector<std::string> wrong;  // sentences; none: its files are those that the manifest lists
};

/// What was found at one model.
struct ModelReport {
  std::vector<ArtefactReport> artefacts;
  std::vector<std::string> wrong;     // sentences about the model as a whole
  std::vector<std::string> unlisted;  // files in its folder that the manifest does not name
  /// The first sentence of all, "" if nothing is wrong.
  std::string first_wrong() const;
};

/// Compares the files of a model with its manifest: there are some, each is there, inside the model's folder,
/// with its size and SHA-256, and what a runtime opens is among them. `poll` is called again and again; what
/// it throws ends the comparison.
ModelReport compare_files(const OpenedModel& model, const std::function<void()>& poll);

}  // namespace lp
