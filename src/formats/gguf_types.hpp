#pragma once
#include "base/dtype.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What the reader and the writer of GGUF share. The format: ggml docs/gguf.md, version 3. What we add to it:
///  - A name over 63 bytes (ggml's limit), or one that starts with `#`, is stored as gguf_stored_name(name).
///  The key
///    `lp.names` is an array of strings "STORED TRUE", one for each of them.
///  - A tensor of rank 0 or over 4 has the key `lp.shape.STORED`, an array of i64: its true shape. GGUF's own
///  four
///    axes then hold the leading ones as one.
///  - A quantized I8 tensor NAME comes with NAME#scale, f32, one factor per index of its first axis
///  (outermost, the output channel). It may come with NAME#smoothing, f32, one factor per index of its last
///  axis (checkpoint.hpp).
namespace lp {

inline constexpr std::string_view gguf_names_key = "lp.names";
inline constexpr std::string_view gguf_shape_prefix = "lp.shape.";
inline constexpr std::string_view gguf_scale_suffix = "#scale", gguf_smoothing_suffix = "#smoothing";
inline constexpr std::size_t gguf_longest_name = 63;  // GGML_MAX_NAME (ggml.h) less the closing zero
inline constexpr std::size_t gguf_most_axes = 4;      // GGML_MAX_DIMS (ggml.h)
inline constexpr std::uint32_t gguf_alignment = 64;   // of the files that we write

/// Types of metadata values.  Source: docs/gguf.md, gguf_metadata_value_type.
enum class GgufValue : std::uint32_t {
  u8,
  i8,
  u16,
  i16,
  u32,
  i32,
  f32,
  boolean,
  string,
  array,
  u64,
  i64,
  f64
};

/// ggml's number of an element type; nothing if it has none (u8, bool).  Source: ggml.h, enum ggml_type.
std::optional<std::uint32_t> ggml_type(DType type);

/// The element type with ggml's number `type`; nothing for quantized and unknown ones.
std::optional<DType> ggml_dtype(std::uint32_t type);

/// ggml's name of a type, for messages: "Q4_K"; "ggml type 99" if unknown.
std::string ggml_type_name(std::uint32_t type);

/// The name under which a tensor is stored: itself, or `#` and the 16 hex digits of its FNV-1a 64 hash.
std::string gguf_stored_name(const std::string& name);

}  // namespace lp
