#include "store/names.hpp"

#include "base/error.hpp"

#include <algorithm>

namespace lp {
namespace {

constexpr std::size_t longest_path = 1024;  // bytes
constexpr std::size_t longest_part = 240;   // of the 255 of file systems, for what FileWriter appends

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_name_character(char c) {
  return is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
}

}  // namespace

bool is_model_name(std::string_view name) {
  return !name.empty() && name.size() <= 128 && is_alphanumeric(name.front()) &&
         std::all_of(name.begin(), name.end(), is_name_character);
}

void check_model_name(std::string_view name) {
  if (!is_model_name(name))
    fail(Fault::usage,
         "`{}` cannot be a model's name: letters, digits and . _ - only, at most 128, the first one a letter "
         "or digit",
         name);
}

std::string model_name_from(const std::filesystem::path& source) {
  const std::filesystem::path tidy = source.lexically_normal();
  const bool is_folder = tidy.filename().empty();
  std::string name = is_folder ? tidy.parent_path().filename().string() : tidy.stem().string();
  for (char& c : name)
    if (!is_name_character(c)) c = '-';
  name.erase(
      0, static_cast<std::size_t>(std::find_if(name.begin(), name.end(), is_alphanumeric) - name.begin()));
  return name.substr(0, 128);
}

bool is_stored_path(const std::string& text) {
  const std::filesystem::path path(text);
  const bool plain = std::none_of(text.begin(), text.end(),
                                  [](char c) { return static_cast<unsigned char>(c) < 32 || c == '\\'; });
  return plain && !text.empty() && text.size() <= longest_path && !path.is_absolute() &&
         std::none_of(path.begin(), path.end(), [](const auto& part) {
           return part == ".." || part == "." || part.native().size() > longest_part;
         });
}

std::filesystem::path check_stored_path(const std::string& text, const std::string& manifest) {
  if (!is_stored_path(text))
    fail(Fault::bad_model, "{}: the path `{}` is none inside the model's folder", manifest, text);
  const std::filesystem::path path = std::filesystem::path(text).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

}  // namespace lp
