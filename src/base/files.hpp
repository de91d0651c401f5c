#pragma once
#include "base/descriptor.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace lp {

/// A regular file, opened to be read. @throws Error{not_found} if there is no such file, Error{io} if it
/// cannot be read or is a pipe, a folder or the like, with the reason.
Descriptor open_regular(const std::filesystem::path& path);

/// A file mapped into memory, read only, for as long as this object lives. Movable; thread-safe to read.
class MappedFile {
 public:
  /// @throws Error{not_found} if there is no such file, Error{io} if it cannot be read, with the reason.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

/// Gives back the memory of the whole pages in a part of a MappedFile; they are read again when touched. Only
/// for mapped files: elsewhere it would lose what was written.
void drop_pages(std::span<const std::byte> part);

/// The whole file as text. @throws like MappedFile.
std::string read_text(const std::filesystem::path& path);

/// Writes a file so that its final name never holds a part of it: to a new file `path`.XXXXXX.partial, X any
/// letter or digit, flushed to disk, then renamed. Two writers of one path do not meet: the last to commit
/// wins. The partial file is removed if this object dies before `commit`.
class FileWriter {
 public:
  /// Creates the folders above `path` too. @throws Error{io} with the reason.
  explicit FileWriter(std::filesystem::path path);
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  /// Writes go on from here. @throws Error{io}.
  void seek(std::size_t position);
  /// Where the next write goes: bytes from the start.
  std::size_t position() const { return position_; }
  /// Gives the file its final name, replacing what was there in one step.
  void commit();

 private:
  std::filesystem::path path_, partial_;
  Descriptor file_;
  std::size_t position_ = 0;
};

}  // namespace lp
