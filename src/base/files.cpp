#include "base/files.hpp"

#include "base/error.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <random>
#include <system_error>

namespace lp {
namespace {

std::string reason(int error) {
  return std::generic_category().message(error);
}

/// Six letters or digits that nobody can foresee.
std::string random_letters() {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device random;
  std::uniform_int_distribution<std::size_t> place(0, letters.size() - 1);
  std::string text(6, ' ');
  for (char& letter : text) letter = letters[place(random)];
  return text;
}

}  // namespace

Descriptor open_regular(const std::filesystem::path& path) {
  // O_NONBLOCK: a pipe is refused below, instead of waited for until someone opens its other end.
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) fail(errno == ENOENT ? Fault::not_found : Fault::io, "{}: {}", path.string(), reason(errno));
  struct stat status{};
  if (::fstat(file.value(), &status) != 0) fail(Fault::io, "{}: {}", path.string(), reason(errno));
  if (!S_ISREG(status.st_mode)) fail(Fault::io, "{}: not a regular file", path.string());
  return file;
}

MappedFile::MappedFile(const std::filesystem::path& path) {
  const Descriptor file = open_regular(path);
  struct stat status{};
  if (::fstat(file.value(), &status) != 0) fail(Fault::io, "{}: {}", path.string(), reason(errno));
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return;
  void* const start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.value(), 0);
  if (start == MAP_FAILED) fail(Fault::io, "{}: {}", path.string(), reason(errno));
  bytes_ = {static_cast<const std::byte*>(start), size};
}

MappedFile::~MappedFile() {
  // munmap takes the address as it was given, without const.
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

void drop_pages(std::span<const std::byte> part) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t before = (page - reinterpret_cast<std::uintptr_t>(part.data()) % page) % page;
  if (part.size() < before + page) return;
  const std::size_t size = (part.size() - before) / page * page;
  ::madvise(const_cast<std::byte*>(part.data()) + before, size, MADV_DONTNEED);
}

std::string read_text(const std::filesystem::path& path) {
  const MappedFile file(path);
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

FileWriter::FileWriter(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code error;
  if (path_.has_parent_path()) std::filesystem::create_directories(path_.parent_path(), error);
  if (error) fail(Fault::io, "{}: {}", path_.parent_path().string(), error.message());
  // O_EXCL takes no file and follows no link that is there; nor does mkstemp, but that ignores the umask.
  for (int attempt = 0; attempt < 100; ++attempt) {
    partial_ = path_;
    partial_ += fmt::format(".{}.partial", random_letters());
    file_ = Descriptor(::open(partial_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (file_ || errno != EEXIST) break;
  }
  if (!file_) fail(Fault::io, "{}: {}", partial_.string(), reason(errno));
}

FileWriter::~FileWriter() {
  if (file_) ::unlink(partial_.c_str());
}

void FileWriter::write(std::span<const std::byte> bytes) {
  position_ += bytes.size();
  while (!bytes.empty()) {
    const ssize_t taken = ::write(file_.value(), bytes.data(), bytes.size());
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0) fail(Fault::io, "{}: {}", partial_.string(), reason(errno));
    bytes = bytes.subspan(static_cast<std::size_t>(taken));
  }
}

void FileWriter::write(std::string_view text) {
  write(std::as_bytes(std::span(text)));
}

void FileWriter::seek(std::size_t position) {
  if (::lseek(file_.value(), static_cast<off_t>(position), SEEK_SET) < 0)
    fail(Fault::io, "{}: {}", partial_.string(), reason(errno));
  position_ = position;
}

void FileWriter::commit() {
  if (::fsync(file_.value()) != 0) fail(Fault::io, "{}: {}", partial_.string(), reason(errno));
  file_.close();
  if (::rename(partial_.c_str(), path_.c_str()) != 0) {
    const int error = errno;
    ::unlink(partial_.c_str());
    fail(Fault::io, "{}: {}", path_.string(), reason(error));
  }
}

}  // namespace lp
