#include "runtime/lane.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#ifdef __linux__
#include <sched.h>
#endif
#ifdef __APPLE__
#include <sys/sysctl.h>
#endif

namespace lp {
namespace {

#ifdef __linux__

/// Physical cores among the processors that the scheduler lets this process use.
int allowed_cores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 0;
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(static_cast<std::size_t>(cpu), &allowed)) continue;
    std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(cpu) +
                       "/topology/thread_siblings_list");
    std::string siblings;
    if (!std::getline(file, siblings)) siblings = std::to_string(cpu);
    cores.insert(siblings);
  }
  return static_cast<int>(cores.size());
}

/// The cgroup's quota in whole processors, 0 where there is none. Source:
/// Documentation/admin-guide/cgroup-v2.rst, cpu.max.
int quota_cores() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0, period = 0;
  if (!(file >> quota >> period) || period <= 0) return 0;
  return std::max(1, static_cast<int>(quota / period));
}

#elif defined(__APPLE__)

/// Performance cores, where the processor has two kinds.
int allowed_cores() {
  int count = 0;
  std::size_t size = sizeof count;
  for (const char* key : {"hw.perflevel0.physicalcpu", "hw.physicalcpu"})
    if (sysctlbyname(key, &count, &size, nullptr, 0) == 0 && count > 0) return count;
  return 0;
}
int quota_cores() {
  return 0;
}

#else

int allowed_cores() {
  return 0;
}
int quota_cores() {
  return 0;
}

#endif

}  // namespace

int usable_cores() {
  const int allowed = allowed_cores(), quota = quota_cores();
  const int cores = allowed > 0 ? allowed : static_cast<int>(std::thread::hardware_concurrency());
  return std::max(1, quota > 0 ? std::min(cores, quota) : cores);
}

}  // namespace lp
