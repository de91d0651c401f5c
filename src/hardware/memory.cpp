#include "hardware/memory.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#ifdef __APPLE__
#include <mach/mach.h>
#include <sys/sysctl.h>
#endif

namespace lp {

#ifdef __APPLE__

Memory detect_memory() {
  Memory memory;
  std::size_t size = sizeof memory.total;
  sysctlbyname("hw.memsize", &memory.total, &size, nullptr, 0);
  vm_statistics64_data_t pages{};
  mach_msg_type_number_t count = HOST_VM_INFO64_COUNT;
  if (host_statistics64(mach_host_self(), HOST_VM_INFO64, reinterpret_cast<host_info64_t>(&pages), &count) ==
      KERN_SUCCESS)
    memory.available =
        static_cast<std::uint64_t>(pages.free_count + pages.inactive_count) * vm_kernel_page_size;
  return memory;
}

#else

namespace {

/// The number in a file of one number; nothing where there is none ("max").
std::uint64_t number_in(const char* path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  file >> value;
  return file ? value : 0;
}

/// The number behind a key in a file of lines "key number"; 0 where there is none.
std::uint64_t number_after(const char* path, std::string_view wanted) {
  std::ifstream file(path);
  std::string key;
  for (std::uint64_t value = 0; file >> key >> value;)
    if (key == wanted) return value;
  return 0;
}

}  // namespace

Memory detect_memory() {
  Memory memory;
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string key;
    std::uint64_t kib = 0;
    words >> key >> kib;
    if (key == "MemTotal:") memory.total = kib * 1024;
    if (key == "MemAvailable:") memory.available = kib * 1024;
  }
  // Source: Documentation/admin-guide/cgroup-v2.rst, memory.max, memory.current, and memory.stat:
  // files that were read once and are given back first.
  if (const std::uint64_t limit = number_in("/sys/fs/cgroup/memory.max"); limit > 0 && limit < memory.total) {
    std::uint64_t used = number_in("/sys/fs/cgroup/memory.current");
    used -= std::min(used, number_after("/sys/fs/cgroup/memory.stat", "inactive_file"));
    memory.total = limit;
    memory.available = std::min(memory.available, limit - std::min(used, limit));
  }
  return memory;
}

#endif

}  // namespace lp
