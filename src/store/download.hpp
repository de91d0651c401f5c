#pragma once
#include "net/http.hpp"
#include "store/partial.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lp {

/// A file to fetch, and what its publisher says of it.
struct Remote {
  std::string url;
  std::string name;              // as messages call it
  std::uint64_t most_bytes = 0;  // larger is refused
  std::optional<std::uint64_t> size;
  std::string sha256, git_blob;  // "" where it is not said
};

/// What a downloaded file was held against: "sha256", "git_blob", or "" where its publisher states no digest.
struct Fetched {
  std::filesystem::path file;  // stays until Downloads::remove
  std::uint64_t size = 0;      // bytes
  std::string sha256;          // measured
  std::string checked;
};

/// @throws Error{io} if the disk of `folder` has no room for so many bytes and some to spare. `what` needs
/// them.
void check_disk(const std::filesystem::path& folder, std::uint64_t bytes, const std::string& what);

/// Fetches files into a folder, each under a name made of its address. What came of one stays there when it
/// breaks off, be it by kill -9, and the next fetch goes on with it, if the server says that the file is
/// still the same. Processes may share the folder.
class Downloads {
 public:
  /// `progress`: called as bytes come, with the file's name, the bytes there are and all of them (0: nobody
  /// knows).
  using Progress = std::function<void(const std::string& name, std::uint64_t done, std::uint64_t total)>;
  Downloads(std::filesystem::path folder, HttpClient& client, Progress progress);

  /// Fetches one file. What was begun is tried again three times where the connection broke off, and anew
  /// where what was there from before turns out wrong. What has not the stated size or digest is removed.
  /// @throws Error{io, not_found}.
  Fetched fetch(const Remote& remote);
  /// Bytes that came over the network, and bytes that were there from before.
  std::uint64_t received() const { return received_; }
  std::uint64_t resumed() const { return resumed_; }
  /// Removes the files that were fetched: they are in the store now.
  void remove();

 private:
  std::filesystem::path folder_;
  HttpClient& client_;
  Progress progress_;
  std::uint64_t received_ = 0, resumed_ = 0;
  std::vector<std::unique_ptr<Partial>> fetched_;
};

}  // namespace lp
