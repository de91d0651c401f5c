#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lp::cli {

/// The files that arguments stand for: a folder is all files in it with one of the `endings` (lower case,
/// ".jpg"), sorted; a pattern with * or ? is what it matches, sorted, unless there is a file of that very
/// name; everything else, and "-", is itself. `missing` gets a sentence for each argument that stands for
/// nothing.
std::vector<std::string> expand_inputs(std::span<const std::string> arguments,
                                       std::span<const std::string_view> endings,
                                       std::vector<std::pair<std::string, std::string>>& missing);

/// Without those that stood before.
std::vector<std::string> once_each(const std::vector<std::string>& names);

}  // namespace lp::cli
