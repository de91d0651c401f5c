#pragma once
#include "base/json.hpp"
#include "formats/checkpoint.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace lp {

/// Writes a GGUF file of version 3 with alignment 64, tensors and keys in the order of their names; the same
/// input gives the same bytes, and read_gguf gives the input back. `metadata` is an object; its values take
/// GGUF's types so: string, bool; whole numbers i64 (u64 above, u32 for the keys that docs/gguf.md says are
/// u32: general.alignment, general.file_type, general.quantization_version); others f32; arrays of one kind
/// of these, not nested. general.alignment is set by us. Names over 63 bytes and ranks 0 and over 4 are kept
/// as gguf_types.hpp says.
/// @throws Error{unsupported} for u8 and bool tensors and metadata that GGUF cannot hold; Error{bad_input} if
/// a string, key or tensor name is not UTF-8; Error{io}.
void write_gguf(const std::filesystem::path& path, const nlohmann::json& metadata,
                const std::map<std::string, StoredTensor, std::less<>>& tensors);

}  // namespace lp
