#pragma once
#include <span>
#include <string_view>

namespace lp {

/// A model that `pull` knows by name.
struct CatalogueEntry {
  std::string_view name, task;
  std::string_view source;   // "hf://ORG/REPO@REVISION"
  std::string_view license;  // of the weights, as those state it who made them
};

/// The models that `pull` knows by name, of families that this program converts.
std::span<const CatalogueEntry> catalogue();

/// Null if there is none of that name; case does not count.
const CatalogueEntry* find_in_catalogue(std::string_view name);

}  // namespace lp
