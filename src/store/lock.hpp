#pragma once
#include <filesystem>

namespace lp {

/// The right to change a store: one process at a time has it, for as long as this object lives.
class StoreLock {
 public:
  /// Waits for another writer to finish. Creates `home`. @throws Error{io}.
  explicit StoreLock(const std::filesystem::path& home);
  ~StoreLock();
  StoreLock(const StoreLock&) = delete;
  StoreLock& operator=(const StoreLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace lp
