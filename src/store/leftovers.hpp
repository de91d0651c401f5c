#pragma once
#include "base/descriptor.hpp"

#include <filesystem>

namespace lp {

/// A file or folder marked as in use, for as long as this object lives or its process does:
/// `remove_leftovers` leaves it alone.
class InUse {
 public:
  explicit InUse(const std::filesystem::path& path);
  /// Whether nobody else had marked it.
  bool alone() const { return alone_; }

 private:
  Descriptor file_;
  bool alone_ = false;
};

/// Removes what programs that were killed left in a store's folder for things to come: folders that nobody
/// uses and nobody touched for an hour, parts of downloads that nobody went on with for a week. What
/// `put_back` is for (store/swap.hpp) stays.
void remove_leftovers(const std::filesystem::path& incoming);

}  // namespace lp
