#pragma once
#include "formats/checkpoint.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace lp {

/// Reads a GGUF file of version 2 or 3, little-endian, any alignment that is a power of two in 8 .. 65536.
/// Keys become typed metadata; shapes are turned around (GGUF has the fastest axis first); our long names and
/// true shapes (gguf_types.hpp) are put back and their keys left out of the metadata.
/// @throws Error{not_found, io}; Error{bad_model} if it is broken; Error{unsupported} for ggml's block types
/// (Q4_K ...).
Checkpoint read_gguf(const std::filesystem::path& path);

/// The same for bytes in memory, called `file` in messages; `storage` keeps them alive.
Checkpoint parse_gguf(std::span<const std::byte> bytes, std::string file,
                      std::shared_ptr<const void> storage);

}  // namespace lp
