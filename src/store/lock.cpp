#include "store/lock.hpp"

#include "base/error.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace lp {

StoreLock::StoreLock(const std::filesystem::path& home) {
  std::error_code error;
  std::filesystem::create_directories(home, error);
  const std::filesystem::path file = home / "lock";
  // The kernel lets go of it when the process ends, however it ends: no stale locks.
  if (!error) descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (!error && descriptor_ < 0) error = {errno, std::generic_category()};
  if (error) fail(Fault::io, "{}: {}", file.string(), error.message());
  int taken = ::flock(descriptor_, LOCK_EX);
  while (taken != 0 && errno == EINTR) taken = ::flock(descriptor_, LOCK_EX);
  if (taken != 0) {
    error = {errno, std::generic_category()};
    ::close(descriptor_);
    fail(Fault::io, "{}: {}", file.string(), error.message());
  }
}

StoreLock::~StoreLock() {
  ::close(descriptor_);
}

}  // namespace lp
