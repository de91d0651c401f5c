#include "cli/openmp_wait.hpp"

#include <cstdlib>
#include <initializer_list>

#ifdef __linux__
#include <unistd.h>
#endif

namespace lp::cli {

void settle_openmp_wait([[maybe_unused]] char** arguments) {
#ifdef __linux__
  // YOLOv8n 640, F32, 2 threads, median ms on 2 cores (2026-11-25): idle 55.0 with this count, 54.8 with
  // libgomp's default of 300,000, 55.6 without any; beside two busy processes 119, 211 and 160.
  for (const char* decided : {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"})
    if (std::getenv(decided) != nullptr) return;  // NOLINT(concurrency-mt-unsafe): no other thread yet
  ::setenv("GOMP_SPINCOUNT", "20000", 1);         // NOLINT(concurrency-mt-unsafe)
  ::execv("/proc/self/exe", arguments);  // returns only where that is not possible: then with the default
#endif
}

}  // namespace lp::cli
