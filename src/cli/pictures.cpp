#include "cli/pictures.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/stop.hpp"
#include "cli/videos.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <set>
#include <utility>

namespace lp::cli {
namespace fs = std::filesystem;
namespace {

using FileId = std::pair<dev_t, ino_t>;

/// What tells a file from all others, links followed; nothing if it is not there.
std::optional<FileId> file_id(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileId(status.st_dev, status.st_ino);
}

/// Whether what is drawn has the ending of its input.
bool keeps_ending(const fs::path& name) {
  const std::string ending = lower(name.extension().string());
  return ending == ".jpg" || ending == ".jpeg" || ending == ".png" || ending == ".mp4";
}

/// The name that an input would have as a file.
fs::path file_name(const std::string& input) {
  if (input == "-") return "stdin.jpg";
  return is_camera(input) ? fs::path("camera.mp4") : fs::path(input).filename();
}

}  // namespace

Image read_picture(const std::string& path) {
  if (path != "-") return read_image(path);
  constexpr std::size_t most_bytes = 512'000'000;  // more than any picture that is decoded
  const std::string bytes = read_input(most_bytes);
  return decode_image(std::as_bytes(std::span(bytes)), "standard input");
}

std::vector<std::string> saved_paths(const std::string& folder, std::span<const std::string> inputs) {
  std::set<FileId> read;
  for (const std::string& input : inputs)
    if (const auto id = file_id(input); id && input != "-") read.insert(*id);
  std::set<std::string> taken;
  std::vector<std::string> paths;
  for (const std::string& input : inputs) {
    const fs::path name = file_name(input);
    const bool kept = keeps_ending(name) && !is_camera(input);
    const std::string start = (fs::path(folder) / name.stem()).string(),
                      ending = kept              ? name.extension().string()
                               : is_video(input) ? ".mp4"
                                                 : ".jpg";
    std::string path = start + ending;
    const auto is_taken = [&] { return taken.contains(path) || (!kept && file_id(path)); };
    for (int i = 2; is_taken(); ++i) path = fmt::format("{}-{}{}", start, i, ending);
    if (const auto id = file_id(path); id && read.contains(*id))
      fail(Fault::bad_input, "{}: the drawn picture of {} would replace this input; save into another folder",
           path, input);
    taken.insert(path);
    paths.push_back(path);
  }
  return paths;
}

}  // namespace lp::cli
