#include "hardware/system.hpp"

#include <sys/utsname.h>

#include <filesystem>
#include <fstream>

#ifdef __APPLE__
#include "hardware/cpu.hpp"
#endif

namespace lp {

System detect_system() {
  utsname machine{};
  uname(&machine);
#ifdef __APPLE__
  return {"macos", std::string("macOS, Darwin ") + machine.release};
#else
  std::ifstream file("/etc/os-release");
  for (std::string line; std::getline(file, line);) {
    const std::string key = "PRETTY_NAME=";
    if (!line.starts_with(key)) continue;
    std::string name = line.substr(key.size());
    std::erase(name, '"');
    return {"linux", name};
  }
  return {"linux", std::string(machine.sysname) + " " + machine.release};
#endif
}

Gpu detect_gpu() {
#ifdef __APPLE__
  const Cpu cpu = detect_cpu();
  return cpu.arch == "arm64" ? Gpu{"apple", cpu.name} : Gpu{};
#else
  // Source: NVIDIA driver README, "The /proc interface": one folder a GPU, with a line "Model:  NAME".
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/driver/nvidia/gpus", error)) {
    std::ifstream file(entry.path() / "information");
    for (std::string line; std::getline(file, line);) {
      if (!line.starts_with("Model:")) continue;
      const std::size_t start = line.find_first_not_of(" \t", 6);
      return {"nvidia", start == std::string::npos ? "" : line.substr(start)};
    }
  }
  return {};
#endif
}

}  // namespace lp
