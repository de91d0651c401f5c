#pragma once
#include <string>

namespace lp {

/// The value of a variable of the environment; "" where it is not set.
std::string environment(const char* variable);

}  // namespace lp
