#pragma once
#include "formats/image.hpp"

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lp::cli {

/// Endings of the picture files that a folder is searched for.
inline constexpr std::array<std::string_view, 4> picture_endings = {".jpg", ".jpeg", ".png", ".webp"};

/// A picture file, or standard input for "-". @throws Error, Stopped.
Image read_picture(const std::string& path);

/// Where the drawn picture of each input is written: `folder` and the input's base name, .jpg, .png and .mp4
/// kept, other endings .jpg, of videos .mp4. "-2", "-3", ... is put after a base name that an earlier input
/// has, or, where the ending is not the input's own or the input is a camera, that a file in `folder` has.
/// @throws Error{bad_input} if one would replace any of the inputs.
std::vector<std::string> saved_paths(const std::string& folder, std::span<const std::string> inputs);

}  // namespace lp::cli
