#pragma once
#include "base/json.hpp"
#include "base/options.hpp"
#include "tasks/calibration.hpp"

#include <memory>

namespace lp::cli {

/// A model that was quantized on what --calibrate names, and what the manifest says of that.
struct QuantizedModel {
  Calibrated calibrated;
  nlohmann::json calibration;  // {"sha256","files","items","method","errors","kept"}
  nlohmann::json parity;       // {"metric","value","against"}
};

/// Quantizes `model` to int8 on the pictures (for a model of texts: the lines of the files) that --calibrate
/// names. Shows how far it is on a terminal. @throws Error; Stopped.
QuantizedModel quantize_model(const Settings& settings, const std::shared_ptr<const Model>& model);

}  // namespace lp::cli
