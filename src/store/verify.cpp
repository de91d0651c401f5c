#include "store/verify.hpp"

#include "base/error.hpp"
#include "base/sha256.hpp"

#include <algorithm>
#include <iterator>

namespace lp {
namespace {

namespace fs = std::filesystem;

OpenedFile open_file(const Store& store, std::string_view name, const std::string& path) {
  fs::path file;
  try {
    file = store.artefact_path(name, {.path = path});
  } catch (const Error& error) {  // it is not there, or a link leads out
    return {nullptr, error.what()};
  }
  if (std::error_code unknown; fs::exists(file, unknown) && !fs::is_regular_file(file, unknown))
    return {nullptr, fmt::format("{}: not a regular file", file.string())};
  return {std::make_unique<MappedFile>(file), ""};
}

std::string measure(std::span<const std::byte> bytes, const std::function<void()>& poll) {
  constexpr std::size_t part = 16U << 20U;
  Sha256 sum;
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(part, bytes.size()))) {
    poll();
    sum.add(bytes.first(std::min(part, bytes.size())));
  }
  return sum.finish();
}

/// "" if nothing is wrong.
std::string compare(const StoredFile& stored, const OpenedModel& model, const std::function<void()>& poll) {
  const OpenedFile& opened = model.files.at(stored.path);
  if (opened.file == nullptr) return opened.wrong;
  const std::string path = (model.folder / stored.path).string();
  const std::size_t size = opened.file->bytes().size();
  if (size != stored.size)
    return fmt::format("{}: {} bytes, but the manifest says {}", path, size, stored.size);
  if (stored.sha256.empty())
    return fmt::format("{}: the manifest says no SHA-256 of it; convert the model anew", path);
  const std::string digest = measure(opened.file->bytes(), poll);
  if (digest != stored.sha256)
    return fmt::format("{}: its SHA-256 is {}, but the manifest says {}", path, digest, stored.sha256);
  return "";
}

/// Whether what a runtime opens is one of the artefact's files, or a folder with some in it.
bool lists_its_path(const Artefact& artefact) {
  return std::any_of(artefact.files.begin(), artefact.files.end(), [&](const StoredFile& file) {
    return file.path == artefact.path || file.path.starts_with(artefact.path + "/");
  });
}

/// What is wrong with the manifest's word on the artefact at `index`, "" if nothing is.
std::string compare(const Manifest& manifest, std::size_t index, const std::string& name) {
  const Artefact& artefact = manifest.formats[index];
  const std::string what = fmt::format("{}: {} {}", name, artefact.format, artefact.precision);
  if (artefact.files.empty()) return what + " lists no files; convert the model anew";
  if (!lists_its_path(artefact))
    return fmt::format("{} does not list `{}`, its own path, among its files", what, artefact.path);
  const auto end = manifest.formats.begin() + static_cast<std::ptrdiff_t>(index);
  if (std::any_of(manifest.formats.begin(), end,
                  [&](const Artefact& other) { return same_kind(other, artefact); }))
    return what + " is listed twice";
  return "";
}

std::vector<std::string> files_in(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error))
    if (std::error_code unknown; entry->is_symlink(unknown) || !entry->is_directory(unknown))
      files.push_back(entry->path().lexically_relative(folder).string());
  if (error) fail(Fault::io, "{}: {}", folder.string(), error.message());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

OpenedModel open_files(const Store& store, std::string_view name) {
  OpenedModel model{.name = std::string(name), .folder = store.folder(name)};
  store.while_still([&] {
    model.manifest = store.manifest(name);
    for (const Artefact& artefact : model.manifest.formats)
      for (const StoredFile& stored : artefact.files)
        if (!model.files.contains(stored.path))
          model.files.emplace(stored.path, open_file(store, name, stored.path));
    model.there = files_in(model.folder);
  });
  return model;
}

std::string ModelReport::first_wrong() const {
  if (!wrong.empty()) return wrong.front();
  for (const ArtefactReport& artefact : artefacts)
    if (!artefact.wrong.empty()) return artefact.wrong.front();
  return "";
}

ModelReport compare_files(const OpenedModel& model, const std::function<void()>& poll) {
  ModelReport report;
  if (model.manifest.formats.empty())
    report.wrong.push_back(
        fmt::format("{}: there is nothing of it but its manifest; convert the model anew", model.name));
  for (std::size_t i = 0; i < model.manifest.formats.size(); ++i) {
    ArtefactReport found{.artefact = model.manifest.formats[i]};
    if (std::string wrong = compare(model.manifest, i, model.name); !wrong.empty())
      found.wrong.push_back(std::move(wrong));
    for (const StoredFile& stored : found.artefact.files) {
      poll();
      if (std::string wrong = compare(stored, model, poll); !wrong.empty())
        found.wrong.push_back(std::move(wrong));
    }
    report.artefacts.push_back(std::move(found));
  }
  std::copy_if(
      model.there.begin(), model.there.end(), std::back_inserter(report.unlisted),
      [&](const std::string& file) { return file != "manifest.json" && !model.files.contains(file); });
  return report;
}

}  // namespace lp
