#pragma once
#include "base/descriptor.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace lp {

/// What the servers say of the version of a file that a part of is here.
struct FileVersion {
  std::string etag;                   // the server's name for it, "" if it gave none that is strong
  std::string linked_etag;            // the same by the hub's word, where that sent us to another server
  std::optional<std::uint64_t> size;  // bytes of the whole file
};

/// The part of a download that has come so far: INCOMING/KEY.partial, with KEY.json that says of which
/// version. It outlives the process, so that the next one can go on; one process at a time has it.
class Partial {
 public:
  /// Opens what there is of `url`, or nothing. What another version of the file left, or nobody can tell of,
  /// is thrown away when the server says so: see `version`.
  /// @throws Error{io}, also if another process fetches this `url` now.
  Partial(const std::filesystem::path& incoming, const std::string& url);
  Partial(const Partial&) = delete;
  Partial& operator=(const Partial&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }
  /// Which version of the file this is a part of.
  const FileVersion& version() const { return version_; }
  /// Whether a server can be asked for the rest and nothing else can come: there is something of a version
  /// that has a name and a size.
  bool can_go_on() const { return size_ > 0 && !version_.etag.empty() && version_.size.has_value(); }

  /// Throws away what there is, and notes what comes now.
  void start(const FileVersion& version);
  void append(std::span<const std::byte> bytes);
  /// Flushes it to the disk.
  void sync();
  /// Removes both files; the object is of no more use.
  void remove();

 private:
  std::filesystem::path path_, note_;
  FileVersion version_;
  std::uint64_t size_ = 0;
  Descriptor file_;
};

}  // namespace lp
