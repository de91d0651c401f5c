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

std::string text_of(const nlohmann::json& note, const char* key) {
  const auto it = note.find(key);
  return it != note.end() && it->is_string() ? it->get<std::string>() : "";
}

std::string reason() {
  return std::generic_category().message(errno);
}

/// Whether the open file still has this name, and was not removed by who had it before.
bool is_still(int descriptor, const fs::path& path) {
  struct stat open{}, named{};
  return ::fstat(descriptor, &open) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         open.st_ino == named.st_ino && open.st_dev == named.st_dev;
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
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (descriptor_ < 0) fail(Fault::io, "{}: {}", path_.string(), reason());
  try {
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 || !is_still(descriptor_, path_))
      fail(Fault::io, "{}: another process fetches this file now; wait for it, or stop it", path_.string());
    try {
      const nlohmann::json note = parse_json(read_text(note_), note_.string());
      etag_ = text_of(note, "etag");
      linked_etag_ = text_of(note, "linked_etag");
      const off_t end = ::lseek(descriptor_, 0, SEEK_END);
      if (end > 0) size_ = static_cast<std::uint64_t>(end);
    } catch (const Error&) {  // no note, or a broken one: then nobody knows what the bytes are
      size_ = 0;
    }
    if (size_ == 0 && ::ftruncate(descriptor_, 0) != 0) fail(Fault::io, "{}: {}", path_.string(), reason());
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

Partial::~Partial() {
  ::close(descriptor_);
}

void Partial::start(const std::string& etag, const std::string& linked_etag) {
  // First the bytes go, then the note changes: no note ever stands beside bytes of another version.
  if (::ftruncate(descriptor_, 0) != 0) fail(Fault::io, "{}: {}", path_.string(), reason());
  size_ = 0;
  etag_ = etag;
  linked_etag_ = linked_etag;
  FileWriter note(note_);
  const nlohmann::json fields = {{"etag", etag}, {"linked_etag", linked_etag}};
  note.write(fields.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  note.commit();
}

void Partial::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t taken = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0) fail(Fault::io, "{}: {}", path_.string(), reason());
    size_ += static_cast<std::uint64_t>(taken);
    bytes = bytes.subspan(static_cast<std::size_t>(taken));
  }
}

void Partial::sync() {
  if (::fsync(descriptor_) != 0) fail(Fault::io, "{}: {}", path_.string(), reason());
}

void Partial::remove() {
  std::error_code error;
  fs::remove(note_, error);
  fs::remove(path_, error);
  size_ = 0;
}

}  // namespace lp
