#pragma once
#include "formats/checkpoint.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace lp {

/// Reads the weights of an ONNX file, under the names that they have in the original framework
/// (onnx_names.hpp says how, and what is left out). The metadata are metadata_props (strings) and
/// producer_name.
/// @throws Error{not_found, io}; Error{bad_model} if it is broken; Error{unsupported} if weights stand in
/// other files or have element types that we lack.
Checkpoint read_onnx(const std::filesystem::path& path);

/// The same for bytes in memory, called `file` in messages; `storage` keeps them alive.
Checkpoint parse_onnx(std::span<const std::byte> bytes, std::string file,
                      std::shared_ptr<const void> storage);

/// Do the bytes begin as an ONNX model does: a protobuf with ir_version and graph? Also true for one that was
/// cut short.
bool is_onnx(std::span<const std::byte> bytes);

}  // namespace lp
