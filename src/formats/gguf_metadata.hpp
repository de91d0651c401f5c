#pragma once
#include "base/json.hpp"
#include "formats/bytes.hpp"

#include <cstdint>
#include <string>

namespace lp {

/// A GGUF string: its length as u64, then its bytes, unchecked. `what` names it in messages.
std::string_view read_gguf_string(ByteReader& in, std::string_view what);

/// Reads the `count` keys of a GGUF file into an object. Numbers keep their kind (signed, unsigned, float).
/// @throws Error{bad_model} if it is cut short, a key comes twice, a string is not UTF-8, an array holds
/// arrays, or there are more than 2^24 array elements in all (the largest vocabularies have under 2^19
/// tokens).
nlohmann::json read_gguf_metadata(ByteReader& in, std::uint64_t count);

}  // namespace lp
