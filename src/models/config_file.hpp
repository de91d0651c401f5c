#pragma once
#include "base/json.hpp"
#include "formats/checkpoint.hpp"

#include <string>
#include <vector>

namespace lp::models {

/// A JSON file beside the weights, such as config.json; an empty object where there is none.
/// @throws Error{bad_model} if it is no JSON object.
nlohmann::json side_file(const Checkpoint& checkpoint, std::string_view name);

/// A value of a configuration, or `fallback` where it is not there. @throws Error{bad_model} for another
/// type.
std::int64_t config_integer(const nlohmann::json& config, const char* key, std::int64_t fallback);
double config_number(const nlohmann::json& config, const char* key, double fallback);
bool config_flag(const nlohmann::json& config, const char* key, bool fallback);
std::string config_text(const nlohmann::json& config, const char* key, const std::string& fallback);

/// Names of the classes by `id2label`, or the only ones there can be: "class 7".
std::vector<std::string> config_labels(const nlohmann::json& config, std::int64_t classes);

/// Size of one axis of a tensor. @throws Error{bad_model} if there is no such tensor or axis, or it is not
/// within 1 to 2^24: sums and products of a few such sizes fit 64 bits.
std::int64_t axis_size(const Checkpoint& checkpoint, const std::string& tensor, std::size_t axis);

/// Side of the square pictures that preprocessing makes for a model: Hugging Face's preprocessor_config.json
/// ("hugging_face") or timm's config.json ("timm"); 0 if it is not square or does not say it.
std::int64_t published_side(const nlohmann::json& preprocessing);

/// How many blocks `before` + number + `after` the checkpoint has, from 0 on; at most 1,000.
std::int64_t count_blocks(const Checkpoint& checkpoint, std::string_view before, std::string_view after);

/// op::Gelu's `approximate` for an activation as configurations call it. @throws Error{unsupported} for
/// others.
std::string gelu_of(const std::string& activation);

/// @throws Error{bad_model} if a size of a stored configuration is not within 1 to `most`, naming it.
std::int64_t stored_size(const nlohmann::json& config, const char* key, std::int64_t most);

}  // namespace lp::models
