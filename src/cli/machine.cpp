#include "cli/machine.hpp"

#include "backends/backend.hpp"
#include "cli/output.hpp"
#include "hardware/cpu.hpp"
#include "hardware/memory.hpp"
#include "hardware/system.hpp"
#include "runtime/lane.hpp"

namespace lp::cli {

nlohmann::json machine_json() {
  using nlohmann::json;
  const Cpu cpu = detect_cpu();
  const Memory memory = detect_memory();
  const System system = detect_system();
  const Gpu gpu = detect_gpu();
  const auto text_or_null = [](const std::string& text) { return text.empty() ? json(nullptr) : json(text); };
  std::string recommended;
  for (const Backend* backend : backends())
    if (recommended.empty() && backend->available()) recommended = backend->name();
  constexpr double gb = 1e9;
  return {{"platform_id", system.type + "-" + cpu.arch},
          {"display_name", cpu.name + ", " + system.name},
          {"os_type", system.type},
          {"os_name", system.name},
          {"cpu_arch", cpu.arch},
          {"cpu_model", cpu.name},
          {"cpu_cores_physical", cpu.physical_cores},
          {"cpu_cores_logical", cpu.logical_cores},
          {"cpu_cores_performance", cpu.performance_cores},
          {"cpu_cores_efficiency", cpu.efficiency_cores},
          {"cpu_cores_usable", usable_cores()},
          {"ram_gb", rounded(static_cast<double>(memory.total) / gb, 1)},
          {"ram_bytes", memory.total},
          {"ram_available_bytes", memory.available},
          {"vram_gb", nullptr},  // no runtime of this program asks a graphics processor
          {"gpu_type", text_or_null(gpu.type)},
          {"gpu_model", text_or_null(gpu.model)},
          {"gpu_compute_capability", nullptr},
          {"capabilities", cpu.isa},
          {"recommended_backend", text_or_null(recommended)}};
}

}  // namespace lp::cli
