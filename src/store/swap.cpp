#include "store/swap.hpp"

#include "base/error.hpp"
#include "store/names.hpp"

#include <fcntl.h>
#include <stdio.h>

#include <cerrno>
#include <system_error>

namespace lp {
namespace fs = std::filesystem;
namespace {

/// Exchanges two names in one step. An error where the system or the file system has no such step.
std::error_code exchange(const fs::path& a, const fs::path& b) {
#ifdef __APPLE__
  const int failed = ::renamex_np(a.c_str(), b.c_str(), RENAME_SWAP);
#else
  const int failed = ::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE);
#endif
  return failed == 0 ? std::error_code() : std::error_code(errno, std::generic_category());
}

bool has_no_exchange(const std::error_code& error) {
  return error == std::errc::invalid_argument || error == std::errc::function_not_supported ||
         error == std::errc::not_supported || error == std::errc::operation_not_supported;
}

std::error_code in_two_steps(const fs::path& fresh, const fs::path& place) {
  const fs::path old = fresh.parent_path().parent_path() / replaced_folder / place.filename();
  std::error_code error;
  fs::create_directories(old.parent_path(), error);
  if (!error) fs::rename(place, old, error);
  if (!error) fs::rename(fresh, place, error);
  if (error) return error;
  fs::rename(old, fresh, error);
  std::error_code unknown;
  fs::remove(old.parent_path(), unknown);  // if nothing else is in it
  return error;
}

}  // namespace

void put_in_place(const fs::path& fresh, const fs::path& place, Swap how) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(place, error))) {
    fs::create_directories(place.parent_path(), error);
    if (!error) fs::rename(fresh, place, error);
  } else {
    error = how == Swap::one_step ? exchange(fresh, place) : std::make_error_code(std::errc::not_supported);
    if (error && has_no_exchange(error)) error = in_two_steps(fresh, place);
  }
  if (error) fail(Fault::io, "{}: {}", place.string(), error.message());
}

void put_back(const fs::path& incoming, const fs::path& models) {
  std::error_code error;
  const fs::path replaced = incoming / replaced_folder;
  for (const auto& old : fs::directory_iterator(replaced, error)) {
    const fs::path place = models / old.path().filename();
    std::error_code unknown;
    if (!is_model_name(place.filename().string())) continue;
    if (fs::exists(fs::symlink_status(place, unknown)))
      fs::remove_all(old.path(), unknown);  // the second step was done
    else
      fs::rename(old.path(), place, unknown);
  }
  fs::remove(replaced, error);  // if nothing is left in it
}

void link_all(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_directory(to, error);
  const auto copy = [&](const fs::directory_entry& entry) {
    const fs::path target = to / entry.path().lexically_relative(from);
    if (entry.is_symlink(error)) {
      fs::copy_symlink(entry.path(), target, error);
    } else if (entry.is_directory(error)) {
      fs::create_directory(target, error);
    } else if (entry.is_regular_file(error)) {
      fs::create_hard_link(entry.path(), target, error);
      if (error) fs::copy_file(entry.path(), target, error);
    }
  };
  for (fs::recursive_directory_iterator entry(from, error), end; !error && entry != end;
       entry.increment(error)) {
    copy(*entry);
    if (error) break;
  }
  if (error) fail(Fault::io, "{}: {}", from.string(), error.message());
}

}  // namespace lp
