#include "formats/gguf_writer.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "formats/bytes.hpp"
#include "formats/checks.hpp"
#include "formats/gguf_types.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>
#include <vector>

namespace lp {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 3> u32_keys = {"general.alignment", "general.file_type",
                                                      "general.quantization_version"};

/// Builds the part of the file before the data.
class Header {
 public:
  template <class T>
  void number(T value) {
    bytes_ += as_text(value);
  }
  void string(std::string_view text) {
    number<std::uint64_t>(text.size());
    bytes_ += text;
  }
  void pad() { bytes_.append((gguf_alignment - bytes_.size() % gguf_alignment) % gguf_alignment, '\0'); }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// The GGUF type of a single value. @throws Error{unsupported} for null, objects and arrays.
GgufValue type_of(const std::string& key, const json& value) {
  if (value.is_string()) return GgufValue::string;
  if (value.is_boolean()) return GgufValue::boolean;
  if (value.is_number_float()) return GgufValue::f32;
  if (!value.is_number_integer())
    fail(Fault::unsupported, "metadata {}: GGUF cannot hold {} {} here", key, value.is_null() ? "a" : "an",
         value.type_name());
  if (std::find(u32_keys.begin(), u32_keys.end(), key) != u32_keys.end()) return GgufValue::u32;
  const bool large = value.is_number_unsigned() && value.get<std::uint64_t>() >> 63U != 0;
  return large ? GgufValue::u64 : GgufValue::i64;
}

/// The one type of an array's items: numbers of several kinds become f32.
GgufValue item_type(const std::string& key, const json& array) {
  if (array.empty()) return GgufValue::i64;
  GgufValue type = type_of(key, array.front());
  for (const json& item : array) {
    const GgufValue next = type_of(key, item);
    if (next == type) continue;
    if (!item.is_number() || !array.front().is_number())
      fail(Fault::unsupported, "metadata {}: a GGUF array holds values of one type", key);
    type = GgufValue::f32;
  }
  return type;
}

void put(Header& to, GgufValue type, const json& value) {
  switch (type) {
    case GgufValue::string: return to.string(value.get_ref<const std::string&>());
    case GgufValue::boolean: return to.number<std::uint8_t>(value.get<bool>() ? 1 : 0);
    case GgufValue::u32: return to.number(value.get<std::uint32_t>());
    case GgufValue::u64: return to.number(value.get<std::uint64_t>());
    case GgufValue::i64: return to.number(value.get<std::int64_t>());
    default: return to.number(value.get<float>());
  }
}

/// @throws Error{bad_input} if a string is not UTF-8: no reader, ours included, would take the file.
void check_text(const std::string& key, const json& value) {
  if (!is_utf8(key)) fail(Fault::bad_input, "a metadata key is not UTF-8 text");
  const auto is_bad = [](const json& item) {
    return item.is_string() && !is_utf8(item.get_ref<const std::string&>());
  };
  if (is_bad(value) || (value.is_array() && std::any_of(value.begin(), value.end(), is_bad)))
    fail(Fault::bad_input, "metadata {}: not UTF-8 text", key);
}

void put_key(Header& to, const std::string& key, const json& value) {
  check_text(key, value);
  to.string(key);
  const GgufValue type = value.is_array() ? item_type(key, value) : type_of(key, value);
  if (value.is_array()) {
    to.number(static_cast<std::uint32_t>(GgufValue::array));
    to.number(static_cast<std::uint32_t>(type));
    to.number<std::uint64_t>(value.size());
    for (const json& item : value) put(to, type, item);
  } else {
    to.number(static_cast<std::uint32_t>(type));
    put(to, type, value);
  }
}

/// The axes as GGUF can hold them, outermost first: at least one, and at most four with the leading ones
/// multiplied.
std::vector<std::int64_t> stored_shape(const std::vector<std::int64_t>& shape) {
  if (shape.empty()) return {1};
  if (shape.size() <= gguf_most_axes) return shape;
  const auto kept = shape.end() - (gguf_most_axes - 1);
  std::vector<std::int64_t> stored{
      std::accumulate(shape.begin(), kept, std::int64_t{1}, std::multiplies<>())};
  stored.insert(stored.end(), kept, shape.end());
  return stored;
}

std::uint64_t padded(std::uint64_t bytes) {
  return (bytes + gguf_alignment - 1) / gguf_alignment * gguf_alignment;
}

using Tensors = std::map<std::string, StoredTensor, std::less<>>;

/// The tensors with the factors of the quantized ones as tensors of their own.
Tensors with_factors(const std::string& file, const Tensors& given) {
  Tensors tensors = given;
  const auto add = [&](const std::string& name, std::string_view suffix, std::span<const std::byte> factors,
                       std::int64_t wanted) {
    const auto count = static_cast<std::int64_t>(factors.size() / sizeof(float));
    LP_ASSERT(count == wanted);
    if (!tensors.emplace(name + std::string(suffix), StoredTensor{DType::f32, {count}, factors}).second)
      fail(Fault::unsupported, "{}: {} has a tensor {}{} beside it already", file, name, name, suffix);
  };
  for (const auto& [name, tensor] : given) {
    if (tensor.scales.empty()) continue;
    LP_ASSERT(tensor.dtype == DType::i8 && !tensor.shape.empty());
    add(name, gguf_scale_suffix, tensor.scales, tensor.shape.front());
    if (!tensor.smoothing.empty()) add(name, gguf_smoothing_suffix, tensor.smoothing, tensor.shape.back());
  }
  return tensors;
}

}  // namespace

void write_gguf(const std::filesystem::path& path, const json& metadata,
                const std::map<std::string, StoredTensor, std::less<>>& given) {
  const auto tensors = with_factors(path.string(), given);
  json keys = metadata;
  keys.erase(std::string(gguf_names_key));
  keys["general.alignment"] = gguf_alignment;
  std::map<std::string, std::string> true_names;  // by stored name
  for (const auto& [name, tensor] : tensors) {
    check_complete(name, tensor);
    if (!is_utf8(name)) fail(Fault::bad_input, "{}: a tensor name is not UTF-8 text", path.string());
    const std::string stored = gguf_stored_name(name);
    if (!true_names.emplace(stored, name).second)
      fail(Fault::unsupported, "{}: the names {} and {} have the same hash", path.string(),
           true_names[stored], name);
    if (stored != name) keys[std::string(gguf_names_key)].push_back(stored + " " + name);
    if (tensor.shape.empty() || tensor.shape.size() > gguf_most_axes)
      keys[std::string(gguf_shape_prefix) + stored] = tensor.shape;
  }

  Header header;
  header.number<std::uint32_t>(0x46554747U);  // "GGUF"
  header.number<std::uint32_t>(3);
  header.number<std::uint64_t>(tensors.size());
  header.number<std::uint64_t>(keys.size());
  for (const auto& [key, value] : keys.items()) put_key(header, key, value);
  std::uint64_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    const auto type = ggml_type(tensor.dtype);
    if (!type)
      fail(Fault::unsupported, "{}: GGUF cannot hold {} of {}", path.string(), name, lp::name(tensor.dtype));
    const auto shape = stored_shape(tensor.shape);
    header.string(gguf_stored_name(name));
    header.number(static_cast<std::uint32_t>(shape.size()));
    std::for_each(shape.rbegin(), shape.rend(), [&](std::int64_t axis) { header.number(axis); });
    header.number(*type);
    header.number(offset);
    offset += padded(tensor.data.size());
  }
  header.pad();

  FileWriter out(path);
  out.write(header.bytes());
  for (const auto& [name, tensor] : tensors) {
    out.write(tensor.data);
    out.write(std::string(padded(tensor.data.size()) - tensor.data.size(), '\0'));
  }
  out.commit();
}

}  // namespace lp
