#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace lp {

/// Whether a model may be called so: letters, digits and . _ - only, at most 128, the first one a letter or a
/// digit. No name that passes can leave the store's folder.
bool is_model_name(std::string_view name);

/// @throws Error{usage} with the rule, if a model may not be called so.
void check_model_name(std::string_view name);

/// A model name made of a file's or folder's: without its ending, other characters become dashes.
std::string model_name_from(const std::filesystem::path& source);

/// Whether a path stays inside a model's folder: relative, no "..", plain characters, none of its parts
/// longer than a file's name may be.
bool is_stored_path(const std::string& text);

/// A path as it stands in a manifest, in the one way to write it (no double slashes, none at its end), if
/// is_stored_path.
/// @throws Error{bad_model} naming `manifest`.
std::filesystem::path check_stored_path(const std::string& text, const std::string& manifest);

}  // namespace lp
