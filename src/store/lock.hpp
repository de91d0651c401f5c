#pragma once
#include "base/descriptor.hpp"

#include <filesystem>
#include <functional>

namespace lp {

/// The right to change a store: one process at a time has it, for as long as this object lives.
class StoreLock {
 public:
  /// Whoever reads writes nothing, and does without where there is no lock file or it may not be opened: then
  /// nobody who may not write here changes the store.
  enum class For { writing, reading };

  /// Waits for another one to finish, and calls `waiting` (if any) some twenty times a second meanwhile; what
  /// that throws ends the wait. For writing it creates `home`. @throws Error{io}, for writing only.
  explicit StoreLock(const std::filesystem::path& home, const std::function<void()>& waiting = nullptr,
                     For purpose = For::writing);
  StoreLock(const StoreLock&) = delete;
  StoreLock& operator=(const StoreLock&) = delete;
  /// Whether this process has the right; one that reads may do without.
  bool held() const { return static_cast<bool>(file_); }

 private:
  Descriptor file_;
};

}  // namespace lp
