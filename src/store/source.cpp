#include "store/source.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "net/url.hpp"
#include "store/catalogue.hpp"
#include "store/names.hpp"

#include <algorithm>
#include <vector>

namespace lp {
namespace {

constexpr std::string_view hub = "hf://", files = "file://";

/// What an organisation, a repository, and each part of a revision may be made of. Source: huggingface_hub
/// 0.26, utils/_validators.py (repositories); git-check-ref-format(1) allows more than this in revisions.
bool is_hub_name(std::string_view text) {
  return text.size() <= 96 && is_model_name(text) && text.find("..") == std::string_view::npos;
}

HubSource parse_hub(const std::string& text) {
  const auto refuse = [&](std::string_view why) {
    fail(Fault::usage, "{}: {}; hf://ORG/REPO[@REVISION][:FILE] is the form", shown_address(text), why);
  };
  std::string rest = text.substr(hub.size());
  HubSource source;
  if (const std::size_t colon = rest.find(':'); colon != std::string::npos) {
    source.file = rest.substr(colon + 1);
    rest.resize(colon);
    if (source.file.empty()) refuse("names no file after the colon");
    if (!is_stored_path(source.file)) refuse("names no file of a repository after the colon");
  }
  if (const std::size_t at = rest.find('@'); at != std::string::npos) {
    source.revision = rest.substr(at + 1);
    rest.resize(at);
    for (std::size_t start = 0; start <= source.revision.size();) {
      const std::size_t end = std::min(source.revision.find('/', start), source.revision.size());
      if (!is_hub_name(std::string_view(source.revision).substr(start, end - start)))
        refuse("has no revision after the @");
      start = end + 1;
    }
  }
  const std::size_t slash = rest.find('/');
  if (slash == std::string::npos || !is_hub_name(rest.substr(0, slash)) ||
      !is_hub_name(rest.substr(slash + 1)))
    refuse("names no repository");
  source.repository = rest;
  return source;
}

FileSource parse_file(const std::string& text) {
  std::string rest = text.substr(files.size());
  if (rest.starts_with("localhost/")) rest.erase(0, rest.find('/'));
  if (!rest.starts_with('/'))
    fail(Fault::usage, "{}: a file's address has three slashes and the whole path: file:///PATH",
         shown_address(text));
  return {unescape_url(rest)};
}

}  // namespace

std::string file_uri(const std::filesystem::path& path) {
  return "file://" + escape_url(path.string(), "/");
}

std::string HubSource::text() const {
  return fmt::format("hf://{}@{}{}{}", repository, revision, file.empty() ? "" : ":", file);
}

ModelSource parse_source(const std::string& text) {
  if (text.starts_with(hub)) return parse_hub(text);
  if (text.starts_with(files)) return parse_file(text);
  if (text.starts_with("https://") || text.starts_with("http://")) return WebSource{parse_url(text).text};
  if (const CatalogueEntry* const entry = find_in_catalogue(text))
    return parse_hub(std::string(entry->source));
  std::vector<std::string> names;
  for (const CatalogueEntry& entry : catalogue()) names.emplace_back(entry.name);
  fail(Fault::not_found,
       "`{}` is not in the catalogue ({}), nor hf://ORG/REPO, https://... or file:///PATH; nearest is `{}`",
       shown_address(text), listed(names), nearest(text, names));
}

std::string default_name(const ModelSource& source) {
  if (const auto* const repository = std::get_if<HubSource>(&source)) {
    const std::filesystem::path file = repository->file;
    if (!file.empty() && file.stem() != "model") return model_name_from(file);
    return repository->repository.substr(repository->repository.find('/') + 1);
  }
  if (const auto* const file = std::get_if<FileSource>(&source)) return model_name_from(file->path);
  return model_name_from(unescape_url(parse_url(std::get<WebSource>(source).url).path));
}

}  // namespace lp
