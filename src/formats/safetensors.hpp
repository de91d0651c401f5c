#pragma once
#include "base/json.hpp"
#include "formats/checkpoint.hpp"

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>

namespace lp {

/// Reads a safetensors file; `__metadata__` (strings) becomes the metadata. The tensors must tile the data
/// exactly, as the format asks.  Source: huggingface/safetensors, README "Format" (v0.5).
/// @throws Error{not_found, io}; Error{bad_model} if it is broken; Error{unsupported} for dtypes that we lack
/// (FP8).
Checkpoint read_safetensors(const std::filesystem::path& path);

/// The same for bytes in memory, called `file` in messages; `storage` keeps them alive.
Checkpoint parse_safetensors(std::span<const std::byte> bytes, std::string file,
                             std::shared_ptr<const void> storage);

/// Writes a safetensors file, tensors in the order of their names; the same input gives the same bytes.
/// `metadata`: an object of strings, may be empty. @throws Error{io}.
void write_safetensors(const std::filesystem::path& path,
                       const std::map<std::string, StoredTensor, std::less<>>& tensors,
                       const nlohmann::json& metadata = nlohmann::json::object());

}  // namespace lp
