#include "backends/coreml/mil/wire.hpp"

#include "base/error.hpp"

#include <cstring>
#include <vector>

namespace lp::coreml::mil {
namespace {

using protozero::pbf_writer;

/// A message with one message, or bytes, in it.
std::string wrapped(protozero::pbf_tag_type field, std::string_view inner) {
  std::string message;
  pbf_writer(message).add_bytes(field, inner.data(), inner.size());
  return message;
}

std::string dimension_message(std::int64_t size) {
  std::string constant;
  pbf_writer(constant).add_uint64(1, static_cast<std::uint64_t>(size));
  return wrapped(1, constant);
}

std::string immediate(const Type& type, const std::string& tensor_value) {
  std::string value;
  pbf_writer writer(value);
  writer.add_message(2, type_message(type));
  writer.add_message(3, wrapped(1, tensor_value));
  return value;
}

template <class T>
std::vector<T> numbers(std::span<const std::byte> data) {
  std::vector<T> values(data.size() / sizeof(T));
  std::memcpy(values.data(), data.data(), values.size() * sizeof(T));
  return values;
}

}  // namespace

std::string type_message(const Type& type) {
  std::string tensor;
  pbf_writer writer(tensor);
  writer.add_enum(1, codes(type.element).program);
  if (!type.sizes.empty()) writer.add_int64(2, static_cast<std::int64_t>(type.sizes.size()));
  for (const std::int64_t size : type.sizes) writer.add_message(3, dimension_message(size));
  const std::string value = wrapped(1, tensor);
  return type.state ? wrapped(5, wrapped(1, value)) : value;
}

std::string named_type_message(const std::string& name, const Type& type) {
  std::string message;
  pbf_writer writer(message);
  writer.add_string(1, name);
  writer.add_message(2, type_message(type));
  return message;
}

std::string immediate_message(const Type& type, std::span<const std::byte> data) {
  // f32, int32 and bool have fields of their own, all others are bytes.
  std::string list;
  pbf_writer writer(list);
  protozero::pbf_tag_type field = 7;
  if (type.element == Element::f32) {
    field = 1;
    const auto values = numbers<float>(data);
    writer.add_packed_float(1, values.begin(), values.end());
  } else if (type.element == Element::i32) {
    field = 2;
    const auto values = numbers<std::int32_t>(data);
    writer.add_packed_int32(1, values.begin(), values.end());
  } else if (type.element == Element::boolean) {
    field = 3;
    const auto values = numbers<std::uint8_t>(data);
    writer.add_packed_bool(1, values.begin(), values.end());
  } else {
    writer.add_bytes(1, reinterpret_cast<const char*>(data.data()), data.size());
  }
  return immediate(type, wrapped(field, list));
}

std::string text_message(std::string_view value) {
  return immediate({.element = Element::text}, wrapped(4, wrapped(1, value)));
}

std::string stored_message(const Type& type, std::uint64_t place) {
  std::string blob;
  pbf_writer blob_writer(blob);
  blob_writer.add_string(1, "@model_path/weights/weight.bin");
  blob_writer.add_uint64(2, place);
  std::string value;
  pbf_writer writer(value);
  writer.add_message(2, type_message(type));
  writer.add_message(5, blob);
  return value;
}

std::string entry_message(std::string_view key, const std::string& value) {
  std::string entry;
  pbf_writer writer(entry);
  writer.add_bytes(1, key.data(), key.size());
  writer.add_message(2, value);
  return entry;
}

}  // namespace lp::coreml::mil
