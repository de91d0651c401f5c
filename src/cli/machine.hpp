#pragma once
#include "base/json.hpp"

namespace lp::cli {

/// The machine as a document: platform_id, os_type, cpu_model, cpu_cores_physical, ram_gb, gpu_model,
/// capabilities, recommended_backend, ... The keys are those of LlamaPajamas' hardware profiles.
nlohmann::json machine_json();

}  // namespace lp::cli
