#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace lp::coreml::mil {

/// The types of elements in a Core ML program (MIL, the model intermediate language).
enum class Element : std::uint8_t { f16, f32, i32, boolean, text, i8, u8, u32, u4, u6 };

/// What the files call an element type. Source: MIL.proto (DataType), the weight file's records and
/// FeatureTypes.proto (ArrayDataType) of coremltools 9.0.
struct ElementCodes {
  std::string_view name;  // as `cast` and error messages say it: "fp16"
  int program = 0;        // in the program
  int file = 0;           // in the weight file; 0: never there
  int feature = 0;        // as an array that a caller passes; 0: not possible
  int bits = 0;           // of one element; 0 for texts
};
const ElementCodes& codes(Element element);

/// Sizes, outermost first.
using Sizes = std::vector<std::int64_t>;

/// The type of a value.
struct Type {
  Element element = Element::f16;
  Sizes sizes;         // none: a single number
  bool state = false;  // what runs leave to the next ones
  bool operator==(const Type&) const = default;
};

/// "fp16 [1, 64, 1, 128]"
std::string text(const Type& type);

/// Product of the sizes.
std::int64_t elements(const Sizes& sizes);

/// Bytes of a value in the weight file: elements of less than a byte lie close together, the first one in the
/// lowest bits.
std::uint64_t size_bytes(const Type& type);

}  // namespace lp::coreml::mil
