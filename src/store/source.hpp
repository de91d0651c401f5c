#pragma once
#include <filesystem>
#include <string>
#include <variant>

namespace lp {

/// A repository of the hub: hf://ORG/REPO[@REVISION][:FILE].
struct HubSource {
  std::string repository;         // "ORG/REPO"
  std::string revision = "main";  // branch, tag or commit
  std::string file;               // path in the repository; "" for what its layout says

  /// "hf://ORG/REPO@REVISION[:FILE]"
  std::string text() const;
};

/// https://HOST/PATH
struct WebSource {
  std::string url;
};

/// file:///PATH: a file, or a folder with one model in it.
struct FileSource {
  std::filesystem::path path;
};

using ModelSource = std::variant<HubSource, WebSource, FileSource>;

/// "file:///PATH": what parse_source takes for it. `path` is absolute.
std::string file_uri(const std::filesystem::path& path);

/// Where `pull` gets a model from: one of the above, or a name of the catalogue.
/// @throws Error{usage} with what is wrong; Error{not_found} with the catalogue's names.
ModelSource parse_source(const std::string& text);

/// The name that a model from there gets if nobody gives it another one; it may be none that is allowed.
/// @throws Error{usage} for an address with a broken %XX.
std::string default_name(const ModelSource& source);

}  // namespace lp
