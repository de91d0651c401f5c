#pragma once
#include "base/json.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lp {

/// One file of an artefact; `path` is relative to the model's folder.
struct StoredFile {
  std::string path;
  std::uint64_t size = 0;  // bytes
  std::string sha256;      // 64 hex digits; empty if the manifest does not say
};

/// A model in one format and precision.
struct Artefact {
  std::string format, precision;  // "gguf", "F32"
  std::string path;               // the file or folder that a runtime opens, relative to the model's folder
  std::vector<StoredFile> files;
  std::vector<std::string> compatible_backends;
  nlohmann::json recipe = nlohmann::json::object();
  /// Keys that this program does not use, kept as they are when the manifest is written again: calibration,
  /// parity, ...
  nlohmann::json more = nlohmann::json::object();
};

/// What the store knows about a model: manifest.json.
struct Manifest {
  std::string version = "1.0";
  std::string model_id, task;
  nlohmann::json architecture = nlohmann::json::object();  // family, variant, params_total, ...
  std::vector<std::string> labels;
  std::string license;
  nlohmann::json source = nlohmann::json::object();  // uri, revision, sha256
  std::vector<Artefact> formats;
  nlohmann::json more = nlohmann::json::object();  // keys that this program does not use
};

/// Reads a manifest, ours or one of LlamaPajamas' tools: `format` or `type`, `precision` or `method`, `path`,
/// `file_path` or `file`, a dict of formats by name as well as a list.
/// @throws Error{bad_model} naming `file` if it is no such thing, or names a path outside the model's folder.
Manifest parse_manifest(std::string_view text, const std::string& file);

nlohmann::json to_json(const Manifest& manifest);

/// The text of manifest.json: what to_json gives, for people to read. The same manifest gives the same text.
std::string to_text(const Manifest& manifest);

/// A text of `architecture` ("family", "variant"); "" where it is not there or something else.
std::string architecture_text(const Manifest& manifest, const char* key);

/// Whether one takes the other's place: the same format and precision.
bool same_kind(const Artefact& a, const Artefact& b);

/// Replaces the artefact of the same format and precision, or appends it.
void put_artefact(Manifest& manifest, Artefact artefact);

/// "F32" and "f32", "fp16" and "float16" are the same.
bool same_precision(std::string_view a, std::string_view b);

}  // namespace lp
