#pragma once
#include "formats/checkpoint.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace lp {

/// Reads what torch.save has written since PyTorch 1.6: a zip file of a pickle and the bytes of its tensors.
/// Its weights have the names of the model's state_dict, whether the file holds that or the model itself;
/// the tensors are views of the file where their elements stand in order. Nothing that the pickle names is
/// called. Source: pytorch/torch/serialization.py (v2.5).
/// @throws Error{bad_model} if it is broken, holds no weights, or asks for a call beyond what torch.nn and
/// Ultralytics need; Error{unsupported} for PyTorch's older form, TorchScript, compressed or big-endian
/// files, and element types that we lack.
Checkpoint parse_torch(std::span<const std::byte> bytes, std::string file,
                       std::shared_ptr<const void> storage);

/// A zip file, or a pickle of protocol 2 to 5: what such files begin with, also those that are then refused.
bool is_torch(std::span<const std::byte> bytes);

}  // namespace lp
