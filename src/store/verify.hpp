#pragma once
#include "store/manifest.hpp"
#include "store/store.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lp {

/// What was found at one artefact.
struct ArtefactReport {
  Artefact artefact;
  std::vector<std::string> wrong;  // sentences; none: its files are those that the manifest lists
};

/// What was found at one model.
struct ModelReport {
  std::vector<ArtefactReport> artefacts;
  std::vector<std::string> unlisted;  // files in its folder that the manifest does not name
};

/// Compares the files of a model with its manifest: each is there, inside the model's folder, with its size
/// and SHA-256. `poll` is called between files; what it throws ends the comparison.
/// @throws Error{not_found, bad_model} if there is no manifest to compare with.
ModelReport compare_files(const Store& store, std::string_view name, const std::function<void()>& poll);

}  // namespace lp
