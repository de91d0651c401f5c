#include "store/store.hpp"

#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "store/lock.hpp"
#include "store/merge.hpp"
#include "store/names.hpp"
#include "store/swap.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <system_error>

namespace lp {
namespace fs = std::filesystem;
namespace {

/// Most precise first; what is not listed comes last.
std::size_t precision_rank(const std::string& precision) {
  constexpr std::array order = {"f32", "f16", "bf16", "int8"};
  const auto it = std::find_if(order.begin(), order.end(),
                               [&](const char* name) { return same_precision(name, precision); });
  return static_cast<std::size_t>(it - order.begin());
}

/// A store's folder that other people's links cannot lead out of.
bool is_inside(const fs::path& path, const fs::path& folder) {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(path, error), root = fs::weakly_canonical(folder, error);
  if (error) return false;
  return std::mismatch(root.begin(), root.end(), real.begin(), real.end()).first == root.end();
}

/// Removes a file of a model's folder, and the folders that are empty without it. What a link leads out to
/// stays.
void remove_file(const fs::path& folder, const std::string& path) {
  std::error_code error;
  fs::path at = folder / path;
  if (!is_inside(at, folder) || !fs::remove(at, error)) return;
  for (at = at.parent_path(); at != folder && !fs::is_symlink(at, error); at = at.parent_path())
    if (!fs::remove(at, error)) return;
}

/// Moves an artefact's files from `staging` into `folder`, which becomes the model's. What is in `moved`
/// already is shared with another artefact.
void move_files(const Artefact& artefact, const fs::path& staging, const fs::path& folder,
                const std::string& manifest, std::set<std::string>& moved) {
  for (const StoredFile& stored : artefact.files) {
    if (!moved.insert(stored.path).second) continue;
    const fs::path target = folder / check_stored_path(stored.path, manifest);
    if (!is_inside(target, folder))
      fail(Fault::bad_model, "{}: `{}`: a link leads out of the model's folder", manifest, stored.path);
    std::error_code error;
    fs::create_directories(target.parent_path(), error);
    if (!error) fs::rename(staging / stored.path, target, error);
    if (error) fail(Fault::io, "{}: {}", target.string(), error.message());
  }
}

void write_manifest(const fs::path& folder, const Manifest& manifest) {
  FileWriter writer(folder / "manifest.json");
  writer.write(to_text(manifest));
  writer.commit();
}

}  // namespace

fs::path default_store_home() {
  const std::string home = environment("HOME"), data = environment("XDG_DATA_HOME");
  const fs::path user = home.empty() ? "/" : home;
#ifdef __APPLE__
  if (data.empty()) return user / "Library" / "Application Support" / "llama-pajamas";
#endif
  return (fs::path(data).is_absolute() ? fs::path(data) : user / ".local" / "share") / "llama-pajamas";
}

Staging::Staging(const fs::path& parent, std::string_view name) {
  std::error_code error;
  fs::create_directories(parent, error);
  std::string made = (parent / name).string() + "-XXXXXX";
  if (!error && ::mkdtemp(made.data()) == nullptr) error = {errno, std::generic_category()};
  if (error) fail(Fault::io, "{}: {}", made, error.message());
  folder_ = made;
  mark_ = std::make_unique<InUse>(folder_);
}

Staging::~Staging() {
  std::error_code error;
  fs::remove_all(folder_, error);  // what lies beside it is other processes'
}

std::vector<std::string> Store::names() const {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(home_ / "models", error)) {
    const std::string name = entry.path().filename().string();
    if (is_model_name(name) && fs::is_regular_file(entry.path() / "manifest.json", error))
      names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool Store::contains(std::string_view name) const {
  std::error_code error;
  return is_model_name(name) && fs::is_regular_file(folder(name) / "manifest.json", error);
}

fs::path Store::folder(std::string_view name) const {
  check_model_name(name);
  return home_ / "models" / name;
}

void Store::check_there(std::string_view name) const {
  if (contains(name)) return;
  const std::vector<std::string> known = names();
  if (known.empty()) fail(Fault::not_found, "no model `{}`: the store {} is empty", name, home_.string());
  fail(Fault::not_found, "no model `{}` in the store {}; nearest is `{}`", name, home_.string(),
       nearest(name, known));
}

void Store::check_removable(std::string_view name) const {
  std::error_code error;
  if (!is_model_name(name) || !fs::exists(fs::symlink_status(folder(name), error))) check_there(name);
}

Manifest Store::manifest(std::string_view name) const {
  check_there(name);
  const fs::path file = folder(name) / "manifest.json";
  return parse_manifest(read_text(file), file.string());
}

fs::path Store::artefact_path(std::string_view name, const Artefact& artefact) const {
  const fs::path root = folder(name);
  const fs::path path = root / check_stored_path(artefact.path, (root / "manifest.json").string());
  std::error_code error;
  if (!is_inside(path, root))
    fail(Fault::bad_model, "{}: a link leads out of the model's folder", path.string());
  if (!fs::exists(path, error))
    fail(Fault::bad_model, "{}: the manifest lists it, but it is not there; convert the model anew",
         path.string());
  return path;
}

Artefact Store::choose_gguf(std::string_view name, std::string_view precision) const {
  std::vector<Artefact> fitting;
  for (const Artefact& artefact : manifest(name).formats)
    if (artefact.format == "gguf") fitting.push_back(artefact);
  if (fitting.empty())
    fail(Fault::not_found, "{}: no GGUF of it is stored; make one: llama-pajamas convert SOURCE --name {}",
         name, name);
  const auto asked = std::find_if(fitting.begin(), fitting.end(), [&](const Artefact& artefact) {
    return same_precision(artefact.precision, precision);
  });
  if (asked != fitting.end()) return *asked;
  return *std::min_element(fitting.begin(), fitting.end(), [](const Artefact& a, const Artefact& b) {
    return precision_rank(a.precision) < precision_rank(b.precision);
  });
}

Staging Store::stage(std::string_view name) const {
  check_model_name(name);
  tidy();
  return Staging(incoming(), name);
}

std::optional<Manifest> Store::find(std::string_view name) const {
  if (!contains(name)) return std::nullopt;
  return manifest(name);
}

void Store::check_addable(std::string_view name, const Manifest& about) const {
  merge(name, find(name), about, about.formats);
}

void Store::add(std::string_view name, const Manifest& about, std::span<const Artefact> artefacts,
                const Staging& staging) const {
  const StoreLock lock(home_, waiting_);
  put_back(incoming(), home_ / "models");
  const fs::path root = folder(name);
  const Merged merged = merge(name, find(name), about, artefacts);
  // The model as it will be, beside the one that is: its files, the new ones over them, the manifest.
  const Staging beside(incoming(), name);
  const fs::path next = beside.folder() / name;
  std::error_code error;
  fs::is_directory(root, error) ? link_all(root, next) : static_cast<void>(fs::create_directory(next, error));
  for (const std::string& orphan : merged.orphans) remove_file(next, orphan);
  std::set<std::string> moved;
  for (const Artefact& artefact : artefacts)
    move_files(artefact, staging.folder(), next, (root / "manifest.json").string(), moved);
  write_manifest(next, merged.manifest);
  put_in_place(next, root);
}

void Store::change_artefact(std::string_view name, const std::function<bool(const Artefact&)>& is_meant,
                            const std::function<void(Artefact&)>& change) const {
  const StoreLock lock(home_, waiting_);
  put_back(incoming(), home_ / "models");
  Manifest changed = manifest(name);
  const auto found = std::ranges::find_if(changed.formats, is_meant);
  if (found == changed.formats.end())
    fail(Fault::not_found, "{}: the artefact is not in its manifest any more", name);
  change(*found);
  write_manifest(folder(name), changed);
}

void Store::remove(std::string_view name) const {
  const StoreLock lock(home_, waiting_);
  put_back(incoming(), home_ / "models");
  remove_leftovers(incoming());
  check_removable(name);
  // First out of sight in one step, then file by file.
  const fs::path root = folder(name);
  const Staging grave(incoming(), "removed");
  std::error_code error;
  fs::rename(root, grave.folder() / name, error);
  if (error) fail(Fault::io, "{}: {}", root.string(), error.message());
}

void Store::tidy() const {
  const StoreLock lock(home_, waiting_);
  put_back(incoming(), home_ / "models");
  remove_leftovers(incoming());
}

void Store::while_still(const std::function<void()>& look) const {
  const StoreLock lock(home_, waiting_, StoreLock::For::reading);
  if (lock.held()) put_back(incoming(), home_ / "models");
  look();
}

}  // namespace lp
