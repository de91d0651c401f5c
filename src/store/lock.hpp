#pragma once
#include <filesystem>
#include <functional>

namespace lp {

/// The right to change a store: one process at a time has it, for as long as this object lives.
class StoreLock {
 public:
  /// Waits for another writer to finish, and calls `waiting` (if any) some twenty times a second meanwhile;
  /// what that throws ends the wait. Creates `home`. @throws Error{io}.
  explicit StoreLock(const std::filesystem::path& home, const std::function<void()>& waiting = nullptr);
  ~StoreLock() = default;
  StoreLock(const StoreLock&) = delete;
  StoreLock& operator=(const StoreLock&) = delete;

 private:
  /// A descriptor that is closed when it goes, also where the constructor throws.
  struct Descriptor {
    int value = -1;
    Descriptor() = default;
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor();
  };
  Descriptor file_;
};

}  // namespace lp
