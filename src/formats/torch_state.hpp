#pragma once
#include "base/json.hpp"
#include "formats/pickle.hpp"
#include "formats/torch_tensors.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace lp::torch {

/// What a checkpoint holds, by the names that its model's state_dict() has.
struct State {
  std::vector<std::pair<std::string, pickle::Ref>> tensors;
  /// Of a model that was saved as a whole: eps of its batch norms, by module.
  std::map<std::string, double, std::less<>> batch_norm_eps;
  /// As the same exporter's ONNX files have them: license, version, and of a YOLO names, task and imgsz; of
  /// OpenAI's Whispers `dims`, an object of whole numbers.
  nlohmann::json metadata = nlohmann::json::object();
};

/// Finds the weights: a state dict; one that stands under `ema`, `model`, `state_dict`, `model_state_dict` or
/// `params` of a dict; or a module with all that is below it, in either place.
/// @throws Error{bad_model} if there are no weights, or modules are nested more than 64 deep.
State find_state(const pickle::Tree& tree, const Tensors& tensors, const std::string& file);

/// Whether a checkpoint may name this to be called: what rebuilds tensors, the plain containers, and classes
/// whose objects are read for what is in them. Nothing is called in any case.
bool is_plain(std::string_view callable);

}  // namespace lp::torch
