#pragma once
#include <cstdint>

namespace lp {

/// Main memory in bytes, as far as this process may use it: a container's limit counts, where there is one.
struct Memory {
  std::uint64_t total = 0, available = 0;
};

Memory detect_memory();

}  // namespace lp
