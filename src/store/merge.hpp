#pragma once
#include "store/manifest.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lp {

/// What a model becomes when artefacts are added to it.
struct Merged {
  Manifest manifest;
  std::vector<std::string> orphans;  // files of replaced artefacts that no artefact lists any more
};

/// Puts `artefacts` in the place of those of the same format and precision, and beside the others. `about` is
/// the rest of the manifest; where it says nothing, and in keys that only `before` has, that one stays.
/// `before`: the model `name` as it is, nothing if there is none.
/// @throws Error{usage} if `before` has another task or family, or another artefact that stays lists one of
/// the files as something else; Error{bad_model} if `artefacts` are none that one model can have.
Merged merge(std::string_view name, const std::optional<Manifest>& before, const Manifest& about,
             std::span<const Artefact> artefacts);

}  // namespace lp
