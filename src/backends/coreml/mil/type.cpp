#include "backends/coreml/mil/type.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

namespace lp::coreml::mil {

const ElementCodes& codes(Element element) {
  // In the order of the enumeration.
  static constexpr std::array table = {
      ElementCodes{.name = "fp16", .program = 10, .file = 1, .feature = 65552, .size_bytes = 2},
      ElementCodes{.name = "fp32", .program = 11, .file = 2, .feature = 65568, .size_bytes = 4},
      ElementCodes{.name = "int32", .program = 23, .file = 14, .feature = 131104, .size_bytes = 4},
      ElementCodes{.name = "bool", .program = 1, .size_bytes = 1},
      ElementCodes{.name = "string", .program = 2},
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
  return static_cast<std::uint64_t>(elements(type.sizes)) *
         static_cast<std::uint64_t>(codes(type.element).size_bytes);
}

}  // namespace lp::coreml::mil
