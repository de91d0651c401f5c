#include "hardware/cpu.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>
#include <utility>

#ifdef __APPLE__
#include <sys/sysctl.h>
#endif

namespace lp {
namespace {

using Names = std::vector<std::pair<std::string, std::string>>;  // the system's name, ours

#ifdef __APPLE__

std::string sysctl_text(const char* key) {
  std::size_t size = 0;
  if (sysctlbyname(key, nullptr, &size, nullptr, 0) != 0 || size == 0) return "";
  std::string text(size, 0);
  if (sysctlbyname(key, text.data(), &size, nullptr, 0) != 0) return "";
  text.resize(size - 1);
  return text;
}

int sysctl_number(const char* key) {
  int value = 0;
  std::size_t size = sizeof value;
  return sysctlbyname(key, &value, &size, nullptr, 0) == 0 ? value : 0;
}

void read_system(Cpu& cpu) {
  cpu.name = sysctl_text("machdep.cpu.brand_string");
  cpu.physical_cores = sysctl_number("hw.physicalcpu");
  cpu.logical_cores = sysctl_number("hw.logicalcpu");
  cpu.performance_cores = sysctl_number("hw.perflevel0.physicalcpu");
  cpu.efficiency_cores = sysctl_number("hw.perflevel1.physicalcpu");
  // Source: Apple, "Determining Instruction Set Characteristics".
  const Names keys = {{"hw.optional.neon", "NEON"},
                      {"hw.optional.arm.FEAT_FP16", "FP16"},
                      {"hw.optional.arm.FEAT_DotProd", "DotProd"},
                      {"hw.optional.arm.FEAT_I8MM", "I8MM"},
                      {"hw.optional.arm.FEAT_BF16", "BF16"},
                      {"hw.optional.arm.FEAT_SME", "SME"},
                      {"hw.optional.avx2_0", "AVX2"},
                      {"hw.optional.avx512f", "AVX-512"}};
  for (const auto& [key, name] : keys)
    if (sysctl_number(key.c_str()) != 0) cpu.isa.push_back(name);
}

#else

/// The value of `key : value` in a line of /proc/cpuinfo.
std::string value_of(const std::string& line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string::npos) return "";
  const std::size_t start = line.find_first_not_of(" \t", colon + 1);
  return start == std::string::npos ? "" : line.substr(start);
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line.substr(0, line.find('\0'));  // device-tree texts end in a zero
}

int count_physical_cores(int logical) {
  std::set<std::string> cores;
  for (int cpu = 0; cpu < logical; ++cpu) {
    const std::string siblings =
        first_line("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
    cores.insert(siblings.empty() ? std::to_string(cpu) : siblings);
  }
  return static_cast<int>(cores.size());
}

void read_system(Cpu& cpu) {
  // Names of flags: Linux, arch/x86/include/asm/cpufeatures.h and arch/arm64/kernel/cpuinfo.c.
  const Names flags = {{"sse4_2", "SSE4.2"},
                       {"avx2", "AVX2"},
                       {"f16c", "F16C"},
                       {"avx_vnni", "AVX VNNI"},
                       {"avx512f", "AVX-512"},
                       {"avx512_vnni", "AVX-512 VNNI"},
                       {"avx512_bf16", "AVX-512 BF16"},
                       {"avx512_fp16", "AVX-512 FP16"},
                       {"amx_bf16", "AMX BF16"},
                       {"amx_int8", "AMX INT8"},
                       {"asimd", "NEON"},
                       {"asimdhp", "FP16"},
                       {"asimddp", "DotProd"},
                       {"i8mm", "I8MM"},
                       {"bf16", "BF16"},
                       {"sve", "SVE"},
                       {"sme", "SME"}};
  std::ifstream file("/proc/cpuinfo");
  std::set<std::string> present;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("processor")) ++cpu.logical_cores;
    if (cpu.name.empty() && (line.starts_with("model name") || line.starts_with("Hardware")))
      cpu.name = value_of(line);
    if (present.empty() && (line.starts_with("flags") || line.starts_with("Features"))) {
      std::istringstream words(value_of(line));
      for (std::string word; words >> word;) present.insert(word);
    }
  }
  if (cpu.name.empty()) cpu.name = first_line("/proc/device-tree/model");  // ARM boards such as Jetson
  cpu.physical_cores = count_physical_cores(cpu.logical_cores);
  for (const auto& [flag, name] : flags)
    if (present.contains(flag)) cpu.isa.push_back(name);
}

#endif

}  // namespace

Cpu detect_cpu() {
  Cpu cpu;
  utsname machine{};
  if (uname(&machine) == 0) cpu.arch = machine.machine;
  if (cpu.arch == "aarch64") cpu.arch = "arm64";
  read_system(cpu);
  if (cpu.name.empty()) cpu.name = "unknown";
  cpu.logical_cores = std::max(cpu.logical_cores, static_cast<int>(std::thread::hardware_concurrency()));
  if (cpu.physical_cores == 0) cpu.physical_cores = cpu.logical_cores;
  if (cpu.performance_cores == 0) cpu.performance_cores = cpu.physical_cores;
  return cpu;
}

}  // namespace lp
