#pragma once
#include <string>

namespace lp {

/// The operating system: "linux" or "macos", and its name for a person ("Debian GNU/Linux 12 (bookworm)").
struct System {
  std::string type, name;
};

System detect_system();

/// A graphics processor that the system's driver announces; empty where there is none.
struct Gpu {
  std::string type, model;  // "nvidia", "apple"
};

Gpu detect_gpu();

}  // namespace lp
