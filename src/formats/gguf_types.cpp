#include "formats/gguf_types.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace lp {
namespace {

constexpr std::array<std::pair<std::uint32_t, DType>, 8> plain_types = {{{0, DType::f32},
                                                                         {1, DType::f16},
                                                                         {24, DType::i8},
                                                                         {25, DType::i16},
                                                                         {26, DType::i32},
                                                                         {27, DType::i64},
                                                                         {28, DType::f64},
                                                                         {30, DType::bf16}}};

constexpr std::array<std::pair<std::uint32_t, std::string_view>, 26> block_types = {
    {{2, "Q4_0"},      {3, "Q4_1"},     {6, "Q5_0"},     {7, "Q5_1"},   {8, "Q8_0"},    {9, "Q8_1"},
     {10, "Q2_K"},     {11, "Q3_K"},    {12, "Q4_K"},    {13, "Q5_K"},  {14, "Q6_K"},   {15, "Q8_K"},
     {16, "IQ2_XXS"},  {17, "IQ2_XS"},  {18, "IQ3_XXS"}, {19, "IQ1_S"}, {20, "IQ4_NL"}, {21, "IQ3_S"},
     {22, "IQ2_S"},    {23, "IQ4_XS"},  {29, "IQ1_M"},   {34, "TQ1_0"}, {35, "TQ2_0"},  {39, "MXFP4"},
     {31, "Q4_0_4_4"}, {32, "Q4_0_4_8"}}};

}  // namespace

std::optional<std::uint32_t> ggml_type(DType type) {
  for (const auto& [number, known] : plain_types)
    if (known == type) return number;
  return {};
}

std::optional<DType> ggml_dtype(std::uint32_t type) {
  for (const auto& [number, known] : plain_types)
    if (number == type) return known;
  return {};
}

std::string ggml_type_name(std::uint32_t type) {
  for (const auto& [number, known] : block_types)
    if (number == type) return std::string(known);
  return fmt::format("ggml type {}", type);
}

std::string gguf_stored_name(const std::string& name) {
  if (name.size() <= gguf_longest_name && !name.starts_with('#')) return name;
  // FNV-1a, 64 bits: offset basis and prime of http://www.isthe.com/chongo/tech/comp/fnv/
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return fmt::format("#{:016x}", hash);
}

}  // namespace lp
