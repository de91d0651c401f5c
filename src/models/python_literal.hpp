#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lp {

/// A Python dict of integers to strings as exporters write it into metadata: {0: 'person', 1: "dog's"}.
/// What does not read as such ends the parse; what came before it is returned.
std::map<std::int64_t, std::string> parse_python_dict(std::string_view text);

/// All integers in a text such as "[640, 640]" or "640".
std::vector<std::int64_t> parse_integers(std::string_view text);

}  // namespace lp
