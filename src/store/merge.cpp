#include "store/merge.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <iterator>

namespace lp {
namespace {

/// A name is one model: its artefacts differ in format and precision only.
void check_same_model(std::string_view name, const Manifest& before, const Manifest& about) {
  const auto check = [&](const char* what, const std::string& old, const std::string& added) {
    if (!old.empty() && !added.empty() && old != added)
      fail(Fault::usage,
           "{}: the model of this name in the store has the {} `{}`, not `{}`; choose another name", name,
           what, old, added);
  };
  check("task", before.task, about.task);
  check("family", architecture_text(before, "family"), architecture_text(about, "family"));
}

/// Puts what `about` says in the place of what `manifest` said.
void take_over(Manifest& manifest, const Manifest& about) {
  const auto put = [](auto& value, const auto& newer) {
    if (!newer.empty()) value = newer;
  };
  put(manifest.model_id, about.model_id);
  put(manifest.task, about.task);
  put(manifest.labels, about.labels);
  put(manifest.license, about.license);
  put(manifest.source, about.source);
  manifest.architecture.update(about.architecture);
  manifest.more.update(about.more);
}

/// Whether an artefact that names no files has this one by its path, which is the file or a folder around it.
bool covers(const Artefact& artefact, const std::string& path) {
  return artefact.files.empty() && (path == artefact.path || path.starts_with(artefact.path + "/"));
}

bool lists(const Artefact& artefact, const std::string& path) {
  return covers(artefact, path) || std::any_of(artefact.files.begin(), artefact.files.end(),
                                               [&](const StoredFile& file) { return file.path == path; });
}

/// Whether `file` can be written without a change to what `other` says of it.
bool leaves(const Artefact& other, const StoredFile& file) {
  if (covers(other, file.path)) return false;
  return std::all_of(other.files.begin(), other.files.end(), [&](const StoredFile& theirs) {
    return theirs.path != file.path ||
           (!file.sha256.empty() && theirs.sha256 == file.sha256 && theirs.size == file.size);
  });
}

void check_distinct(std::string_view name, std::span<const Artefact> artefacts) {
  for (auto one = artefacts.begin(); one != artefacts.end(); ++one) {
    if (std::any_of(artefacts.begin(), one, [&](const Artefact& other) { return same_kind(other, *one); }))
      fail(Fault::bad_model, "{}: {} {} is listed twice", name, one->format, one->precision);
    if (lists(*one, "manifest.json")) fail(Fault::bad_model, "{}: lists its manifest as a file", name);
  }
}

void check_free(std::string_view name, std::span<const Artefact> staying,
                std::span<const Artefact> artefacts) {
  for (const Artefact& artefact : artefacts)
    for (const StoredFile& file : artefact.files)
      for (const Artefact& other : staying)
        if (!leaves(other, file))
          fail(Fault::usage, "{}: the file `{}` of {} {} is that of {} {} in the store; choose another name",
               name, file.path, artefact.format, artefact.precision, other.format, other.precision);
}

}  // namespace

Merged merge(std::string_view name, const std::optional<Manifest>& before, const Manifest& about,
             std::span<const Artefact> artefacts) {
  check_distinct(name, artefacts);
  Merged merged{.manifest = about};
  merged.manifest.formats.clear();
  std::vector<Artefact> staying, replaced;
  if (before) {
    check_same_model(name, *before, about);
    merged.manifest = *before;
    take_over(merged.manifest, about);
    std::partition_copy(before->formats.begin(), before->formats.end(), std::back_inserter(replaced),
                        std::back_inserter(staying), [&](const Artefact& old) {
                          return std::any_of(artefacts.begin(), artefacts.end(),
                                             [&](const Artefact& fresh) { return same_kind(old, fresh); });
                        });
  }
  check_free(name, staying, artefacts);
  for (const Artefact& artefact : artefacts) put_artefact(merged.manifest, artefact);
  const std::vector<Artefact>& now = merged.manifest.formats;
  for (const Artefact& old : replaced)
    for (const StoredFile& file : old.files)
      if (std::none_of(now.begin(), now.end(),
                       [&](const Artefact& artefact) { return lists(artefact, file.path); }))
        merged.orphans.push_back(file.path);
  return merged;
}

}  // namespace lp
