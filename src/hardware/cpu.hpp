#pragma once
#include <string>
#include <vector>

namespace lp {

/// The processor of this machine. Counts are of the whole machine; how many cores this process may use is
/// `usable_cores()` (runtime/lane.hpp).
struct Cpu {
  std::string name;  // "AMD EPYC 9R14"
  std::string arch;  // "x86_64", "arm64"
  int physical_cores = 0, logical_cores = 0;
  int performance_cores = 0,
      efficiency_cores = 0;  // equal to the physical ones and 0, where all are of one kind
  /// Instruction sets that decide how fast models run, of those that there are: "AVX2", "AVX-512", "AVX-512
  /// VNNI", "AMX BF16", "NEON", ...
  std::vector<std::string> isa;
};

Cpu detect_cpu();

}  // namespace lp
