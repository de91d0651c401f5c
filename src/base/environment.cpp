#include "base/environment.hpp"

#include <cstdlib>

namespace lp {

std::string environment(const char* variable) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets variables once there are threads
  const char* const value = std::getenv(variable);
  return value != nullptr ? value : "";
}

}  // namespace lp
