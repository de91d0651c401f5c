#include "store/leftovers.hpp"

#include "store/swap.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <chrono>
#include <system_error>

namespace lp {
namespace fs = std::filesystem;

InUse::InUse(const fs::path& path)
    : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)),
      alone_(file_ && ::flock(file_.value(), LOCK_EX | LOCK_NB) == 0) {}

void remove_leftovers(const fs::path& incoming) {
  using std::chrono::hours;
  std::error_code error;
  const auto now = fs::file_time_type::clock::now();
  for (const auto& entry : fs::directory_iterator(incoming, error)) {
    if (entry.path().filename() == replaced_folder) continue;
    std::error_code gone;  // others clean up too
    const hours kept = entry.is_directory(gone) ? hours(1) : hours(7 * 24);
    const auto touched = fs::last_write_time(entry.path(), gone);
    if (gone || now - touched <= kept) continue;
    if (const InUse mark(entry.path()); mark.alone()) fs::remove_all(entry.path(), gone);
  }
}

}  // namespace lp
