#include "store/manifest.hpp"

#include "base/dtype.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "store/names.hpp"

#include <algorithm>

namespace lp {
namespace {

using nlohmann::json;

/// The first of `keys` that `object` has as a string, taken out of it.
std::string take_text(json& object, std::initializer_list<const char*> keys) {
  std::string text;
  for (const char* key : keys) {
    const auto it = object.find(key);
    if (it == object.end() || !it->is_string()) continue;
    if (text.empty()) text = it->get<std::string>();
    object.erase(it);
  }
  return text;
}

/// The value of `key`, taken out of `object`; `fallback` if it is not there or of another type.
json take(json& object, const char* key, json fallback) {
  const auto it = object.find(key);
  if (it == object.end() || it->type() != fallback.type()) return fallback;
  json value = std::move(*it);
  object.erase(it);
  return value;
}

std::vector<std::string> texts_of(const json& list) {
  std::vector<std::string> texts;
  for (const json& item : list)
    if (item.is_string()) texts.push_back(item.get<std::string>());
  return texts;
}

/// Labels are a list, or a dict by class number ({"0": "person"}).
std::vector<std::string> take_labels(json& manifest) {
  if (const auto it = manifest.find("labels"); it != manifest.end() && it->is_object()) {
    const json by_number = take(manifest, "labels", json::object());
    std::vector<std::string> labels;
    labels.reserve(by_number.size());
    for (std::size_t i = 0; i < by_number.size(); ++i)
      labels.push_back(by_number.value(std::to_string(i), std::to_string(i)));
    return labels;
  }
  return texts_of(take(manifest, "labels", json::array()));
}

StoredFile parse_file(const json& item, const std::string& file) {
  if (item.is_string()) return {check_stored_path(item.get<std::string>(), file).string(), 0, ""};
  if (!item.is_object()) fail(Fault::bad_model, "{}: `files` has an entry that is no object", file);
  json fields = item;
  StoredFile stored;
  stored.path = check_stored_path(take_text(fields, {"path", "file_path", "file"}), file).string();
  if (const auto size = fields.find("size"); size != fields.end() && size->is_number_unsigned())
    stored.size = size->get<std::uint64_t>();
  stored.sha256 = take_text(fields, {"sha256"});
  return stored;
}

Artefact parse_artefact(json fields, const std::string& file) {
  if (!fields.is_object()) fail(Fault::bad_model, "{}: `formats` has an entry that is no object", file);
  Artefact artefact;
  artefact.format = lower(take_text(fields, {"format", "type"}));
  artefact.precision = take_text(fields, {"precision", "method"});
  artefact.path = take_text(fields, {"path", "file_path", "file", "directory"});
  if (artefact.format.empty()) fail(Fault::bad_model, "{}: an entry of `formats` has no `format`", file);
  for (const json& item : take(fields, "files", json::array()))
    artefact.files.push_back(parse_file(item, file));
  if (artefact.path.empty() && !artefact.files.empty()) artefact.path = artefact.files.front().path;
  artefact.path = check_stored_path(artefact.path, file).string();
  artefact.compatible_backends = texts_of(take(fields, "compatible_backends", json::array()));
  artefact.recipe = take(fields, "recipe", json::object());
  artefact.more = std::move(fields);
  return artefact;
}

json to_json(const Artefact& artefact) {
  json files = json::array();
  for (const StoredFile& file : artefact.files)
    files.push_back({{"path", file.path}, {"size", file.size}, {"sha256", file.sha256}});
  json fields = artefact.more;
  fields.update({{"format", artefact.format},
                 {"precision", artefact.precision},
                 {"path", artefact.path},
                 {"files", files},
                 {"compatible_backends", artefact.compatible_backends},
                 {"recipe", artefact.recipe}});
  return fields;
}

}  // namespace

Manifest parse_manifest(std::string_view text, const std::string& file) try {
  json fields = parse_json(text, file);
  Manifest manifest;
  if (const auto it = fields.find("version"); it != fields.end() && it->is_number()) *it = it->dump();
  if (std::string version = take_text(fields, {"version"}); !version.empty()) manifest.version = version;
  manifest.model_id = take_text(fields, {"model_id", "model_name"});
  manifest.task = take_text(fields, {"task"});
  manifest.architecture = take(fields, "architecture", json::object());
  manifest.labels = take_labels(fields);
  manifest.license = take_text(fields, {"license"});
  manifest.source = take(fields, "source", json::object());
  if (const auto formats = fields.find("formats"); formats != fields.end()) {
    if (!formats->is_structured()) fail(Fault::bad_model, "{}: `formats` is no list", file);
    for (const auto& [key, entry] : formats->items()) {
      json artefact = entry;
      if (formats->is_object() && artefact.is_object() && !artefact.contains("format") &&
          !artefact.contains("type"))
        artefact["format"] = key;
      manifest.formats.push_back(parse_artefact(std::move(artefact), file));
    }
    fields.erase("formats");
  }
  manifest.more = std::move(fields);
  return manifest;
} catch (const json::exception&) {
  fail(Fault::bad_model, "{}: a value of the wrong type", file);
}

std::string architecture_text(const Manifest& manifest, const char* key) {
  return text_of(manifest.architecture, key);
}

json to_json(const Manifest& manifest) {
  json formats = json::array();
  for (const Artefact& artefact : manifest.formats) formats.push_back(to_json(artefact));
  json fields = manifest.more;
  fields.update({{"version", manifest.version},
                 {"model_id", manifest.model_id},
                 {"task", manifest.task},
                 {"architecture", manifest.architecture},
                 {"labels", manifest.labels},
                 {"license", manifest.license},
                 {"source", manifest.source},
                 {"formats", formats}});
  return fields;
}

std::string to_text(const Manifest& manifest) {
  return to_json(manifest).dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

bool same_kind(const Artefact& a, const Artefact& b) {
  return a.format == b.format && same_precision(a.precision, b.precision);
}

void put_artefact(Manifest& manifest, Artefact artefact) {
  const auto same = std::find_if(manifest.formats.begin(), manifest.formats.end(),
                                 [&](const Artefact& other) { return same_kind(other, artefact); });
  if (same == manifest.formats.end()) {
    manifest.formats.push_back(std::move(artefact));
  } else {
    *same = std::move(artefact);
  }
}

bool same_precision(std::string_view a, std::string_view b) {
  const std::optional<DType> left = parse_dtype(a), right = parse_dtype(b);
  return left || right ? left == right : lower(a) == lower(b);
}

}  // namespace lp
