#include "store/lock.hpp"

#include "base/error.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

namespace lp {

StoreLock::Descriptor::~Descriptor() {
  if (value >= 0) ::close(value);
}

StoreLock::StoreLock(const std::filesystem::path& home, const std::function<void()>& waiting) {
  std::error_code error;
  std::filesystem::create_directories(home, error);
  const std::filesystem::path file = home / "lock";
  if (!error) file_.value = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (!error && file_.value < 0) error = {errno, std::generic_category()};
  if (error) fail(Fault::io, "{}: {}", file.string(), error.message());
  // The kernel lets go of it when the process ends, however it ends: no stale locks. Asked again and again,
  // for a signal that arrives just before a wait in the kernel would not end that.
  while (::flock(file_.value, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      fail(Fault::io, "{}: {}", file.string(), std::generic_category().message(errno));
    if (waiting) waiting();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace lp
