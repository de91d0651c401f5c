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

/// A larger file of weights is refused: no checkpoint of one file is a terabyte.
inline constexpr std::uint64_t largest_weights = 1ULL << 40U;  // bytes

/// Says how many bytes are free on the disk of a folder; nothing where nobody knows.
using FreeBytes = std::function<std::optional<std::uint64_t>(const std::filesystem::path& folder)>;

/// What the system says.
std::optional<std::uint64_t> free_bytes(const std::filesystem::path& folder);

/// @throws Error{io} if the disk of `folder` has no room for so many bytes and some to spare. `what` needs
/// them.
void check_disk(const std::filesystem::path& folder, std::uint64_t bytes, const std::string& what,
                const FreeBytes& free = free_bytes);

/// Fetches files into a folder, each under a name made of its address. What came of one stays there when it
/// breaks off, be it by kill -9, and the next fetch goes on with it, if the server says that the file is
/// still the same; what cannot be gone on with is removed. Processes may share the folder.
class Downloads {
 public:
  /// `progress`: called as bytes come, with the file's name, the bytes there are and all of them (0: nobody
  /// knows).
  using Progress = std::function<void(const std::string& name, std::uint64_t done, std::uint64_t total)>;
  Downloads(std::filesystem::path folder, HttpClient& client, Progress progress, FreeBytes free = free_bytes);

  /// Fetches one file. What was begun is tried again three times where the connection broke off and no more
  /// than there had been before came, and anew where what was there turns out wrong. What has not the stated
  /// size or digest is removed.
  /// @throws Error{io, not_found}.
  Fetched fetch(const Remote& remote);
  /// Bytes that came over the network, and bytes that were there from before.
  std::uint64_t received() const { return received_; }
  std::uint64_t resumed() const { return resumed_; }
  /// Removes the files that were fetched: they are in the store now.
  void remove();

 private:
  /// Asks until all of the file is here. `before`: how much of it was there from before, 0 once it began
  /// anew.
  void bring(Remote& stated, Partial& partial, std::uint64_t& before);

  std::filesystem::path folder_;
  HttpClient& client_;
  Progress progress_;
  FreeBytes free_;
  std::uint64_t received_ = 0, resumed_ = 0;
  std::vector<std::unique_ptr<Partial>> fetched_;
};

}  // namespace lp
