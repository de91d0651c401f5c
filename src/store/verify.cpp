#include "store/verify.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"
#include "store/names.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>

namespace lp {
namespace {

namespace fs = std::filesystem;

/// A file that was opened while nobody changed the store, or why it could not be.
struct Opened {
  std::unique_ptr<MappedFile> file;
  std::string wrong;
};

Opened open_file(const Store& store, std::string_view name, const std::string& path) {
  try {
    return {std::make_unique<MappedFile>(store.artefact_path(name, {.path = path})), ""};
  } catch (const Error& error) {
    return {nullptr, error.what()};
  }
}

/// "" if nothing is wrong.
std::string compare(const StoredFile& stored, const Opened& opened, const fs::path& folder) {
  if (opened.file == nullptr) return opened.wrong;
  const std::string path = (folder / stored.path).string();
  const std::size_t size = opened.file->bytes().size();
  if (size != stored.size)
    return fmt::format("{}: {} bytes, but the manifest says {}", path, size, stored.size);
  if (stored.sha256.empty())
    return fmt::format("{}: the manifest says no SHA-256 of it; convert the model anew", path);
  const std::string digest = sha256(opened.file->bytes());
  if (digest != stored.sha256)
    return fmt::format("{}: its SHA-256 is {}, but the manifest says {}", path, digest, stored.sha256);
  return "";
}

std::vector<std::string> files_in(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error))
    if (std::error_code unknown; entry->is_symlink(unknown) || !entry->is_directory(unknown))
      files.push_back(entry->path().lexically_relative(folder).string());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

ModelReport compare_files(const Store& store, std::string_view name, const std::function<void()>& poll) {
  std::optional<Manifest> manifest;
  std::map<std::string, Opened, std::less<>> opened;
  std::vector<std::string> there;
  // Opened in one go, so that they are of one version; measured afterwards, so that nobody has to wait.
  store.while_still([&] {
    manifest = store.manifest(name);
    for (const Artefact& artefact : manifest->formats)
      for (const StoredFile& stored : artefact.files)
        opened.emplace(stored.path, open_file(store, name, stored.path));
    there = files_in(store.folder(name));
  });
  ModelReport report;
  for (const Artefact& artefact : manifest->formats) {
    ArtefactReport found{.artefact = artefact};
    if (artefact.files.empty())
      found.wrong.push_back(fmt::format("{}: {} {} lists no files; convert the model anew", name,
                                        artefact.format, artefact.precision));
    for (const StoredFile& stored : artefact.files) {
      poll();
      if (std::string wrong = compare(stored, opened.at(stored.path), store.folder(name)); !wrong.empty())
        found.wrong.push_back(std::move(wrong));
    }
    report.artefacts.push_back(std::move(found));
  }
  std::copy_if(there.begin(), there.end(), std::back_inserter(report.unlisted),
               [&](const std::string& file) { return file != "manifest.json" && !opened.contains(file); });
  return report;
}

}  // namespace lp
