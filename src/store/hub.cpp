#include "store/hub.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "formats/checkpoint.hpp"
#include "store/names.hpp"

#include <algorithm>
#include <filesystem>

namespace lp {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t largest_listing = 32U << 20U;  // bytes

HubFile parse_hub_file(const json& item) {
  HubFile file{.path = text_of(item, "rfilename")};
  if (const auto size = item.find("size"); size != item.end() && size->is_number_unsigned())
    file.size = size->get<std::uint64_t>();
  if (const auto large = item.find("lfs"); large != item.end() && large->is_object()) {
    file.sha256 = text_of(*large, "sha256");
    if (!is_hex(file.sha256, 64)) file.sha256.clear();
  } else if (const std::string blob = text_of(item, "blobId"); is_hex(blob, 40)) {
    file.git_blob = blob;
  }
  return file;
}

/// The card's `license`, or a tag that says it.
std::string license_of(const json& model) {
  if (const auto card = model.find("cardData"); card != model.end() && card->is_object())
    if (const std::string license = text_of(*card, "license"); !license.empty()) return license;
  constexpr std::string_view prefix = "license:";
  if (const auto tags = model.find("tags"); tags != model.end() && tags->is_array())
    for (const json& tag : *tags)
      if (tag.is_string() && tag.get_ref<const std::string&>().starts_with(prefix))
        return tag.get<std::string>().substr(prefix.size());
  return "";
}

const HubFile* find_file(const HubListing& listing, std::string_view path) {
  const auto it = std::find_if(listing.files.begin(), listing.files.end(),
                               [&](const HubFile& file) { return file.path == path; });
  return it == listing.files.end() ? nullptr : &*it;
}

const HubFile& choose_weights(const HubListing& listing, const std::string& file, const std::string& what) {
  if (!file.empty()) {
    if (const HubFile* const named = find_file(listing, file)) return *named;
    std::vector<std::string> names;
    for (const HubFile& other : listing.files) names.push_back(other.path);
    fail(Fault::not_found, "{}: no file `{}` in it; nearest is `{}`", what, file, nearest(file, names));
  }
  if (find_file(listing, "model.safetensors") == nullptr &&
      find_file(listing, "model.safetensors.index.json") != nullptr)
    fail(Fault::unsupported, "{}: its weights are in several files, which this version does not read", what);
  std::vector<std::string> top;
  for (const HubFile& other : listing.files)
    if (other.path.find('/') == std::string::npos) top.push_back(other.path);
  const std::vector<std::string> weights = weights_among(top);
  if (weights.empty())
    fail(Fault::not_found,
         "{}: no .safetensors, .gguf, .onnx, .pt, .pth or .bin file at its top; where there is one deeper, "
         "name it: "
         "{}:FILE",
         what, what);
  if (weights.size() > 1)
    fail(Fault::not_found, "{}: several files are weights ({}); name one: {}:{}", what, listed(weights), what,
         weights.front());
  return *find_file(listing, weights.front());
}

}  // namespace

HubListing parse_listing(const std::string& text, const std::string& what) {
  json model;
  try {
    model = parse_json(text, what);
  } catch (const Error&) {
    fail(Fault::io, "{}: the hub's answer is no JSON", what);
  }
  HubListing listing{.commit = text_of(model, "sha"), .license = license_of(model)};
  if (!is_hex(listing.commit, 40)) fail(Fault::io, "{}: the hub's answer names no commit", what);
  const auto siblings = model.find("siblings");
  if (siblings == model.end() || !siblings->is_array())
    fail(Fault::io, "{}: the hub's answer lists no files", what);
  for (const json& item : *siblings)
    if (item.is_object() && is_stored_path(text_of(item, "rfilename")))
      listing.files.push_back(parse_hub_file(item));
  return listing;
}

std::vector<HubFile> choose_files(const HubListing& listing, const std::string& file,
                                  const std::string& what) {
  std::vector<HubFile> chosen = {choose_weights(listing, file, what)};
  const fs::path weights = chosen.front().path;
  const std::string ending = lower(weights.extension().string());
  if (ending == ".gguf") return chosen;  // which holds all that is known of the model
  if (ending == ".onnx") {               // so does this, but for what a voice keeps beside it
    if (const HubFile* const beside = find_file(listing, weights.string() + ".json"))
      chosen.push_back(*beside);
    return chosen;
  }
  for (const std::string_view name : checkpoint_side_files())
    if (const HubFile* const beside = find_file(listing, (weights.parent_path() / name).string()))
      chosen.push_back(*beside);
  return chosen;
}

HubListing Hub::list(const HubSource& source) const {
  const std::string url = fmt::format("{}/api/models/{}/revision/{}?blobs=true", endpoint_, source.repository,
                                      escape_url(source.revision));
  std::string what = source.text();
  if (!setting_.empty()) what += fmt::format(" ({} is {})", setting_, endpoint_);
  return parse_listing(get_text(client_, url, what, largest_listing), what);
}

Remote Hub::remote(const HubSource& source, const HubListing& listing, const HubFile& file) const {
  const bool beside = file.path.ends_with(".json");
  return {.url = fmt::format("{}/{}/resolve/{}/{}", endpoint_, source.repository, listing.commit,
                             escape_url(file.path, "/")),
          .name = fmt::format("{}:{}", source.repository, file.path),
          .most_bytes = beside ? largest_side_file : largest_weights,
          .size = file.size,
          .sha256 = file.sha256,
          .git_blob = file.git_blob};
}

}  // namespace lp
