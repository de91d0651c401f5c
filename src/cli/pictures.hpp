#pragma once
#include "formats/image.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace lp::cli {

/// Endings of the picture files that a folder is searched for.
inline constexpr std::array<std::string_view, 4> picture_endings = {".jpg", ".jpeg", ".png", ".webp"};

/// A picture file, or standard input for "-". @throws Error, Stopped.
Image read_picture(const std::string& path);

/// Where a picture drawn on is written: `folder` and the input's base name, .jpg and .png kept, other endings
/// .jpg;
/// "-2", "-3", ... is put after a base name that `taken` has, to which the result is added.
std::string saved_path(const std::string& folder, const std::string& input, std::vector<std::string>& taken);

}  // namespace lp::cli
