#include "cli/inputs.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace lp::cli {
namespace fs = std::filesystem;
namespace {

bool is_pattern(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos;
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, error))
    entries.push_back(entry.path().filename());
  std::sort(entries.begin(), entries.end());
  return entries;
}

/// Paths that match a pattern, one folder after the other; a name that begins with a dot must be asked for
/// with one.
std::vector<std::string> matches(const fs::path& pattern) {
  std::vector<fs::path> found = {pattern.root_path()};
  for (const fs::path& part : pattern.relative_path()) {
    std::vector<fs::path> next;
    for (const fs::path& folder : found) {
      if (!is_pattern(part.string())) {
        std::error_code error;
        if (fs::exists(folder / part, error)) next.push_back(folder / part);
        continue;
      }
      for (const fs::path& entry : entries_of(folder)) {
        const bool hidden = entry.string().starts_with('.') && !part.string().starts_with('.');
        if (!hidden && glob_match(part.string(), entry.string())) next.push_back(folder / entry);
      }
    }
    found = std::move(next);
  }
  std::vector<std::string> texts;
  texts.reserve(found.size());
  for (const fs::path& path : found) texts.push_back(path.string());
  return texts;
}

std::vector<std::string> files_in(const fs::path& folder, std::span<const std::string_view> endings) {
  std::vector<std::string> files;
  std::error_code error;
  for (const fs::path& entry : entries_of(folder)) {
    const std::string ending = lower(entry.extension().string());
    const bool wanted = std::find(endings.begin(), endings.end(), ending) != endings.end();
    if (wanted && fs::is_regular_file(folder / entry, error)) files.push_back((folder / entry).string());
  }
  return files;
}

}  // namespace

std::vector<std::string> expand_inputs(std::span<const std::string> arguments,
                                       std::span<const std::string_view> endings,
                                       std::vector<std::pair<std::string, std::string>>& missing) {
  std::vector<std::string> files;
  for (const std::string& argument : arguments) {
    std::error_code error;
    std::vector<std::string> found = {argument};
    if (argument != "-" && is_pattern(argument) && !fs::exists(argument, error)) {
      found = matches(argument);
      if (found.empty()) missing.emplace_back(argument, fmt::format("{}: matches no file", argument));
    }
    for (const std::string& path : found) {
      if (path == "-" || !fs::is_directory(path, error)) {
        files.push_back(path);
        continue;
      }
      const std::vector<std::string> inside = files_in(path, endings);
      if (inside.empty())
        missing.emplace_back(path,
                             fmt::format("{}: no file in it ends in {}", path, fmt::join(endings, ", ")));
      files.insert(files.end(), inside.begin(), inside.end());
    }
  }
  return files;
}

std::vector<std::string> once_each(const std::vector<std::string>& names) {
  std::vector<std::string> kept;
  for (const std::string& name : names)
    if (std::find(kept.begin(), kept.end(), name) == kept.end()) kept.push_back(name);
  return kept;
}

}  // namespace lp::cli
