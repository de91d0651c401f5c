#include "store/lock.hpp"

#include "base/error.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

namespace lp {
namespace {

namespace fs = std::filesystem;

Descriptor open_for_writing(const fs::path& file) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  Descriptor opened;
  if (!error) opened = Descriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!error && !opened) error = {errno, std::generic_category()};
  if (error) fail(Fault::io, "{}: {}", file.string(), error.message());
  return opened;
}

}  // namespace

StoreLock::StoreLock(const fs::path& home, const std::function<void()>& waiting, For purpose) {
  const fs::path file = home / "lock";
  const bool reads = purpose == For::reading;
  file_ = reads ? Descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) : open_for_writing(file);
  // The kernel lets go of it when the process ends, however it ends: no stale locks. Asked again and again,
  // for a signal that arrives just before a wait in the kernel would not end that.
  while (file_ && ::flock(file_.value(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      if (!reads) fail(Fault::io, "{}: {}", file.string(), std::generic_category().message(errno));
      file_.close();
      break;
    }
    if (waiting) waiting();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace lp
