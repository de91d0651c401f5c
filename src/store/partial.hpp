#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace lp {

/// The part of a download that has come so far: INCOMING/KEY.partial, with KEY.json that says of which
/// version. It outlives the process, so that the next one can go on; one process at a time has it.
class Partial {
 public:
  /// Opens what there is of `url`, or nothing. What another version of the file left, or nobody can tell of,
  /// is thrown away when the server says so: see `etag`.
  /// @throws Error{io}, also if another process fetches this `url` now.
  Partial(const std::filesystem::path& incoming, const std::string& url);
  ~Partial();
  Partial(const Partial&) = delete;
  Partial& operator=(const Partial&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }
  /// The server's name for the version of the file that this is a part of; "" if it gave none.
  const std::string& etag() const { return etag_; }
  /// The same by the hub's word, where that sent us to another server.
  const std::string& linked_etag() const { return linked_etag_; }

  /// Throws away what there is, and notes what comes now.
  void start(const std::string& etag, const std::string& linked_etag);
  void append(std::span<const std::byte> bytes);
  /// Flushes it to the disk.
  void sync();
  /// Removes both files; the object is of no more use.
  void remove();

 private:
  std::filesystem::path path_, note_;
  std::string etag_, linked_etag_;
  std::uint64_t size_ = 0;
  int descriptor_ = -1;
};

}  // namespace lp
