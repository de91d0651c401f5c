#include "base/dtype.hpp"

#include "base/error.hpp"

#include <array>
#include <bit>
#include <cctype>
#include <cmath>
#include <string>
#include <utility>

namespace lp {
namespace {

struct Known {
  DType type;
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array known = {Known{DType::f32, "f32", 4},   Known{DType::f16, "f16", 2},
                              Known{DType::bf16, "bf16", 2}, Known{DType::f64, "f64", 8},
                              Known{DType::i8, "i8", 1},     Known{DType::u8, "u8", 1},
                              Known{DType::i16, "i16", 2},   Known{DType::i32, "i32", 4},
                              Known{DType::i64, "i64", 8},   Known{DType::boolean, "bool", 1}};

constexpr std::array<std::pair<std::string_view, DType>, 6> aliases = {{{"fp32", DType::f32},
                                                                        {"float32", DType::f32},
                                                                        {"fp16", DType::f16},
                                                                        {"float16", DType::f16},
                                                                        {"bfloat16", DType::bf16},
                                                                        {"int8", DType::i8}}};

const Known& row(DType type) {
  for (const Known& k : known)
    if (k.type == type) return k;
  fail(Fault::internal, "dtype {} is not in the table", static_cast<int>(type));
}

}  // namespace

std::size_t size_bytes(DType type) {
  return row(type).bytes;
}

std::string_view name(DType type) {
  return row(type).name;
}

std::string_view precision_name(DType type) {
  return type == DType::i8 ? "int8" : name(type);
}

std::optional<DType> parse_dtype(std::string_view text) {
  std::string lower;
  for (const char c : text) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const Known& k : known)
    if (k.name == lower) return k.type;
  for (const auto& [alias, type] : aliases)
    if (alias == lower) return type;
  return {};
}

float half_to_float(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000U) << 16U;
  const std::uint32_t exponent = (bits >> 10U) & 0x1FU, fraction = bits & 0x3FFU;
  if (exponent == 0) {  // zero and subnormal: fraction * 2^-24
    const float magnitude = std::ldexp(static_cast<float>(fraction), -24);
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t wide = exponent == 0x1F ? 0xFFU : exponent + 112;
  return std::bit_cast<float>(sign | wide << 23U | fraction << 13U);
}

std::uint16_t float_to_half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16U) & 0x8000U);
  const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
  if (magnitude > 0x7F800000U) return static_cast<std::uint16_t>(sign | 0x7E00U);   // not a number
  if (magnitude >= 0x477FF000U) return static_cast<std::uint16_t>(sign | 0x7C00U);  // rounds to infinity
  if (magnitude < 0x38800000U)                                                      // subnormal in half
    return static_cast<std::uint16_t>(
        sign | static_cast<std::uint16_t>(std::nearbyint(std::ldexp(std::fabs(value), 24))));
  const std::uint32_t rounded = magnitude + 0xFFFU + ((magnitude >> 13U) & 1U) - (112U << 23U);
  return static_cast<std::uint16_t>(sign | rounded >> 13U);
}

float bfloat_to_float(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

std::uint16_t float_to_bfloat(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7FFFFFFFU) > 0x7F800000U) return static_cast<std::uint16_t>(bits >> 16U | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U);
}

}  // namespace lp
