#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lp {

/// The type of a tensor's elements.
enum class DType : std::uint8_t { f32, f16, bf16, f64, i8, u8, i16, i32, i64, boolean };

/// Bytes of one element.
std::size_t size_bytes(DType type);

/// "f32", "bf16", ...
std::string_view name(DType type);

/// A precision as users call it: `name`, but "int8" for i8.
std::string_view precision_name(DType type);

/// The type called `text`, case ignored: f32 = fp32 = float32, f16 = fp16 = float16, int8 = i8; nothing if
/// unknown.
std::optional<DType> parse_dtype(std::string_view text);

/// IEEE half and bfloat16 to float, exact; float to them rounded to nearest, ties to even.
float half_to_float(std::uint16_t bits);
std::uint16_t float_to_half(float value);
float bfloat_to_float(std::uint16_t bits);
std::uint16_t float_to_bfloat(float value);

}  // namespace lp
