#include "cli/pictures.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/stop.hpp"

#include <algorithm>
#include <filesystem>

namespace lp::cli {
namespace fs = std::filesystem;

Image read_picture(const std::string& path) {
  if (path != "-") return read_image(path);
  constexpr std::size_t most_bytes = 512'000'000;  // more than any picture that is decoded
  const std::string bytes = read_input(most_bytes);
  return decode_image(std::as_bytes(std::span(bytes)), "standard input");
}

std::string saved_path(const std::string& folder, const std::string& input, std::vector<std::string>& taken) {
  const fs::path name = input == "-" ? fs::path("stdin.jpg") : fs::path(input).filename();
  const std::string ending = lower(name.extension().string());
  const std::string kept =
      ending == ".jpg" || ending == ".jpeg" || ending == ".png" ? name.extension().string() : ".jpg";
  std::string path = (fs::path(folder) / name.stem()).string() + kept;
  for (int i = 2; std::find(taken.begin(), taken.end(), path) != taken.end(); ++i)
    path = (fs::path(folder) / name.stem()).string() + "-" + std::to_string(i) + kept;
  std::error_code error;
  if (input != "-" && fs::equivalent(path, input, error))
    fail(Fault::bad_input, "{}: the drawn picture would replace it; save into another folder", input);
  taken.push_back(path);
  return path;
}

}  // namespace lp::cli
