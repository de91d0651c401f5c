#pragma once
#include "quantize/levels.hpp"
#include "runtime/session_cache.hpp"
#include "tasks/sample.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lp {

struct CalibrationOptions {
  /// Most of the multiply-adds that may stay in floating numbers, where that lowers the error.
  double budget = 0.05;
  /// The error (answer_error) from which on none does.
  double enough = 0;
  /// Called with what is being done and how far it is, 0 to 1. May throw to stop.
  std::function<void(const std::string& what, double part)> progress;
};

/// A model with quantized weights, and how it was found.
struct Calibrated {
  std::shared_ptr<const Model> model;  // its weights i8 with scales, `info.quantization` filled
  std::map<std::string, Histogram> histograms;
  std::string method;                    // of the ranges
  std::map<std::string, double> errors;  // answer_error by method, mean over the samples
  std::vector<std::string> kept;         // weights that stay as they are
  double error = 0;                      // of the model as it is
};

/// Quantizes a model: measures the ranges of the values that 8-bit layers read on real inputs, takes the
/// method of finding ranges, and the layers that stay in floating numbers, by the error of the answers
/// against those of `original`, which computes in f32.
/// @throws Error{bad_input} without samples, Error{unsupported} if its runtime does not compute int8.
Calibrated calibrate(const LoadedModel& original, std::vector<Sample>& samples,
                     const CalibrationOptions& options);

}  // namespace lp
