#include "store/partial.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/sha256.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace lp {
namespace {

namespace fs = std::filesystem;

std::string reason() {
  return std::generic_category().message(errno);
}

/// Whether the open file still has this name, and was not removed by who had it before.
bool is_still(int descriptor, const fs::path& path) {
  struct stat open{}, named{};
  return ::fstat(descriptor, &open) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         open.st_ino == named.st_ino && open.st_dev == named.st_dev;
}

FileVersion read_note(const fs::path& note) {
  const nlohmann::json fields = parse_json(read_text(note), note.string());
  FileVersion version{.etag = text_of(fields, "etag"), .linked_etag = text_of(fields, "linked_etag")};
  if (const auto size = fields.find("size"); size != fields.end() && size->is_number_unsigned())
    version.size = size->get<std::uint64_t>();
  return version;
}

}  // namespace

Partial::Partial(const fs::path& incoming, const std::string& url) {
  std::error_code error;
  fs::create_directories(incoming, error);
  if (error) fail(Fault::io, "{}: {}", incoming.string(), error.message());
  // A digest of the address, which is written nowhere: it may have a secret in it.
  const std::string key = sha256(std::as_bytes(std::span(url))).substr(0, 32);
  path_ = incoming / (key + ".partial");
  note_ = incoming / (key + ".json");
  file_ = Descriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file_) fail(Fault::io, "{}: {}", path_.string(), reason());
  if (::flock(file_.value(), LOCK_EX | LOCK_NB) != 0 || !is_still(file_.value(), path_))
    fail(Fault::io, "{}: another process fetches this file now; wait for it, or stop it", path_.string());
  try {
    version_ = read_note(note_);
    const off_t end = ::lseek(file_.value(), 0, SEEK_END);
    if (end > 0) size_ = static_cast<std::uint64_t>(end);
  } catch (const Error&) {  // no note, or a broken one: then nobody knows what the bytes are
    size_ = 0;
  }
  if (size_ == 0 && ::ftruncate(file_.value(), 0) != 0) fail(Fault::io, "{}: {}", path_.string(), reason());
}

void Partial::start(const FileVersion& version) {
  // First the bytes go, then the note changes: no note ever stands beside bytes of another version.
  if (::ftruncate(file_.value(), 0) != 0) fail(Fault::io, "{}: {}", path_.string(), reason());
  size_ = 0;
  version_ = version;
  FileWriter note(note_);
  nlohmann::json fields = {{"etag", version.etag}, {"linked_etag", version.linked_etag}};
  if (version.size) fields["size"] = *version.size;
  note.write(fields.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  note.commit();
}

void Partial::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t taken = ::pwrite(file_.value(), bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0) fail(Fault::io, "{}: {}", path_.string(), reason());
    size_ += static_cast<std::uint64_t>(taken);
    bytes = bytes.subspan(static_cast<std::size_t>(taken));
  }
}

void Partial::sync() {
  if (::fsync(file_.value()) != 0) fail(Fault::io, "{}: {}", path_.string(), reason());
}

void Partial::remove() {
  std::error_code error;
  fs::remove(note_, error);
  fs::remove(path_, error);
  size_ = 0;
}

}  // namespace lp
