#pragma once
#include <string_view>

namespace lp {

/// How many times smaller zlib makes a text: much, where it repeats itself. 0 for an empty text.
double compression_ratio(std::string_view text);

}  // namespace lp
