#pragma once
#include "cli/conversion.hpp"

namespace lp::cli {

/// Takes a model into the store as Core ML packages, one for each of its graphs, in the precision and with
/// the inputs that --precision and --input ask for; in one step, beside what is there. Returns what `convert
/// --json` prints. @throws Error; Stopped.
nlohmann::json take_in_coreml(const Store& store, const Settings& settings, const Incoming& incoming);

}  // namespace lp::cli
