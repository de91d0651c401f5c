#include "hardware/cpu.hpp"

#include "hardware/memory.hpp"
#include "hardware/system.hpp"

#include <doctest/doctest.h>

namespace lp {

TEST_CASE("hardware: this machine makes sense") {
  const Cpu cpu = detect_cpu();
  CHECK_FALSE(cpu.name.empty());
  CHECK_FALSE(cpu.arch.empty());
  CHECK(cpu.physical_cores >= 1);
  CHECK(cpu.logical_cores >= cpu.physical_cores);
  CHECK(cpu.performance_cores + cpu.efficiency_cores == cpu.physical_cores);
  const Memory memory = detect_memory();
  CHECK(memory.total > 0);
  CHECK(memory.available > 0);
  CHECK(memory.available <= memory.total);
  CHECK_FALSE(detect_system().name.empty());
}

}  // namespace lp
