#include "backends/coreml/mil/type.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

namespace lp::coreml::mil {

const ElementCodes& codes(Element element) {
  // In the order of the enumeration.
  static constexpr std::array table = {
      ElementCodes{.name = "fp16", .program = 10, .file = 1, .feature = 65552, .bits = 16},
      ElementCodes{.name = "fp32", .program = 11, .file = 2, .feature = 65568, .bits = 32},
      ElementCodes{.name = "int32", .program = 23, .file = 14, .feature = 131104, .bits = 32},
      ElementCodes{.name = "bool", .program = 1, .bits = 8},
      ElementCodes{.name = "string", .program = 2},
      ElementCodes{.name = "int8", .program = 21, .file = 4, .bits = 8},
      ElementCodes{.name = "uint8", .program = 31, .file = 3, .bits = 8},
      ElementCodes{.name = "uint32", .program = 33, .file = 15, .bits = 32},
      ElementCodes{.name = "uint4", .program = 35, .file = 11, .bits = 4},
      ElementCodes{.name = "uint6", .program = 38, .file = 13, .bits = 6},
  };
  return table.at(static_cast<std::size_t>(element));
}

std::string text(const Type& type) {
  return fmt::format("{} [{}]", codes(type.element).name, fmt::join(type.sizes, ", "));
}

std::int64_t elements(const Sizes& sizes) {
  std::int64_t count = 1;
  for (const std::int64_t size : sizes) count *= size;
  return count;
}

std::uint64_t size_bytes(const Type& type) {
  constexpr std::uint64_t byte = 8;
  const std::uint64_t bits =
      static_cast<std::uint64_t>(elements(type.sizes)) * static_cast<std::uint64_t>(codes(type.element).bits);
  return (bits + byte - 1) / byte;
}

}  // namespace lp::coreml::mil
