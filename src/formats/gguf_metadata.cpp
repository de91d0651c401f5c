#include "formats/gguf_metadata.hpp"

#include "formats/checks.hpp"
#include "formats/gguf_types.hpp"

#include <utility>

namespace lp {
namespace {

using nlohmann::json;

constexpr std::uint64_t most_elements = std::uint64_t{1} << 24U;

/// A single value; `type` is not an array.
json read_value(ByteReader& in, GgufValue type, const std::string& key) {
  switch (type) {
    case GgufValue::u8: return in.number<std::uint8_t>(key);
    case GgufValue::i8: return in.number<std::int8_t>(key);
    case GgufValue::u16: return in.number<std::uint16_t>(key);
    case GgufValue::i16: return in.number<std::int16_t>(key);
    case GgufValue::u32: return in.number<std::uint32_t>(key);
    case GgufValue::i32: return in.number<std::int32_t>(key);
    case GgufValue::u64: return in.number<std::uint64_t>(key);
    case GgufValue::i64: return in.number<std::int64_t>(key);
    case GgufValue::f32: return in.number<float>(key);
    case GgufValue::f64: return in.number<double>(key);
    case GgufValue::boolean: return in.number<std::uint8_t>(key) != 0;
    case GgufValue::string: return checked_text(read_gguf_string(in, key), in.file(), key);
    case GgufValue::array: fail(Fault::bad_model, "{}: {} is an array of arrays", in.file(), key);
  }
  fail(Fault::bad_model, "{}: {} has the unknown value type {}", in.file(), key,
       static_cast<std::uint32_t>(type));
}

}  // namespace

std::string_view read_gguf_string(ByteReader& in, std::string_view what) {
  const auto length = in.number<std::uint64_t>(what);
  return as_text(in.take(length, what));
}

json read_gguf_metadata(ByteReader& in, std::uint64_t count) {
  constexpr std::size_t smallest_key = 8 + 1 + 4 + 1;  // length, name, type, value
  if (count > in.left() / smallest_key)
    fail(Fault::bad_model, "{}: {} keys do not fit into the file", in.file(), count);
  json metadata = json::object();
  std::uint64_t elements = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string key = checked_name(read_gguf_string(in, "a key"), in.file(), "a key");
    const auto type = static_cast<GgufValue>(in.number<std::uint32_t>(key));
    json value;
    if (type == GgufValue::array) {
      const auto item_type = static_cast<GgufValue>(in.number<std::uint32_t>(key));
      const auto items = in.number<std::uint64_t>(key);
      if (items > in.left() || items > most_elements - elements)
        fail(Fault::bad_model, "{}: {} has {} elements, more than the file can hold or this program reads",
             in.file(), key, items);
      elements += items;
      value = json::array();
      for (std::uint64_t item = 0; item < items; ++item) value.push_back(read_value(in, item_type, key));
    } else {
      value = read_value(in, type, key);
    }
    if (!metadata.emplace(key, std::move(value)).second)
      fail(Fault::bad_model, "{}: the key {} comes twice", in.file(), key);
  }
  return metadata;
}

}  // namespace lp
