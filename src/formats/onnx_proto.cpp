#include "formats/onnx_proto.hpp"

#include "base/error.hpp"
#include "formats/bytes.hpp"
#include "formats/checks.hpp"

#include <protozero/pbf_reader.hpp>

#include <array>

namespace lp::onnx {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;
using protozero::tag_and_type;

// A field counts only with the wire type that its number asks for; others are skipped, as protobuf does.
constexpr auto varint = pbf_wire_type::varint, bytes = pbf_wire_type::length_delimited;

std::string_view text(pbf_reader& message) {
  const auto view = message.get_view();
  return {view.data(), view.size()};
}

/// Appends, as long as there are fewer than any real model has; an empty message costs a file only two bytes.
template <class T>
void add(std::vector<T>& to, T item, const std::string& file) {
  constexpr std::size_t most = std::size_t{1} << 20U;
  if (to.size() == most) fail(Fault::bad_model, "{}: more than {} tensors, nodes or properties", file, most);
  to.push_back(std::move(item));
}

Tensor parse_tensor(std::string_view message, const std::string& file) {
  Tensor tensor;
  tensor.message = message;
  const auto add_axis = [&](std::int64_t axis) {
    if (tensor.dims.size() == max_rank)
      fail(Fault::bad_model, "{}: a tensor has more than {} axes", file, max_rank);
    tensor.dims.push_back(axis);
  };
  for (pbf_reader field(message.data(), message.size()); field.next();) {
    switch (field.tag_and_type()) {
      case tag_and_type(1, varint): add_axis(field.get_int64()); break;
      case tag_and_type(1, bytes):
        for (const std::int64_t axis : field.get_packed_int64()) add_axis(axis);
        break;
      case tag_and_type(2, varint): tensor.data_type = field.get_int32(); break;
      case tag_and_type(8, bytes): tensor.name = text(field); break;
      case tag_and_type(9, bytes): tensor.raw = std::as_bytes(std::span(text(field))); break;
      case tag_and_type(13, bytes):
        tensor.external = true;
        field.skip();
        break;
      case tag_and_type(14, varint): tensor.external = field.get_int32() == 1 || tensor.external; break;
      default: field.skip();
    }
  }
  return tensor;
}

struct Attribute {
  std::string_view name;
  std::int64_t number = 0;                 // field i
  std::optional<std::string_view> tensor;  // field t
};

Attribute parse_attribute(pbf_reader field) {
  Attribute attribute;
  while (field.next()) {
    switch (field.tag_and_type()) {
      case tag_and_type(1, bytes): attribute.name = text(field); break;
      case tag_and_type(3, varint): attribute.number = field.get_int64(); break;
      case tag_and_type(5, bytes): attribute.tensor = text(field); break;
      default: field.skip();
    }
  }
  return attribute;
}

/// What a node reads or makes. `names`: how many of them the file has had.
void add_name(std::string_view name, std::vector<std::string_view>& to, std::size_t& names,
              const std::string& file) {
  constexpr std::size_t most = 1'000'000;  // a voice has some ten thousand
  if (++names > most)
    fail(Fault::bad_model, "{}: its nodes have more than {} inputs and outputs", file, most);
  to.push_back(name);
}

void parse_node(pbf_reader field, Model& model, std::size_t& names, const std::string& file) {
  Node node;
  std::optional<std::string_view> value;
  while (field.next()) {
    switch (field.tag_and_type()) {
      case tag_and_type(1, bytes): add_name(text(field), node.inputs, names, file); break;
      case tag_and_type(2, bytes): add_name(text(field), node.outputs, names, file); break;
      case tag_and_type(3, bytes): node.name = text(field); break;
      case tag_and_type(4, bytes): node.op = text(field); break;
      case tag_and_type(5, bytes): {
        const Attribute attribute = parse_attribute(field.get_message());
        if (attribute.name == "transB") node.transposes_b = attribute.number != 0;
        if (attribute.name == "value") value = attribute.tensor;
        break;
      }
      default: field.skip();
    }
  }
  if (node.op == "Constant" && value && !node.outputs.empty()) {
    Tensor constant = parse_tensor(*value, file);
    constant.name = node.outputs.front();
    add(model.tensors, std::move(constant), file);
  }
  add(model.nodes, std::move(node), file);
}

void parse_graph(pbf_reader field, Model& model, const std::string& file) {
  std::size_t names = 0;
  while (field.next()) {
    switch (field.tag_and_type()) {
      case tag_and_type(1, bytes): parse_node(field.get_message(), model, names, file); break;
      case tag_and_type(5, bytes): {
        Tensor tensor = parse_tensor(text(field), file);
        tensor.initializer = true;
        add(model.tensors, std::move(tensor), file);
        break;
      }
      default: field.skip();
    }
  }
}

std::pair<std::string_view, std::string_view> parse_pair(pbf_reader field) {
  std::pair<std::string_view, std::string_view> pair;
  while (field.next()) {
    switch (field.tag_and_type()) {
      case tag_and_type(1, bytes): pair.first = text(field); break;
      case tag_and_type(2, bytes): pair.second = text(field); break;
      default: field.skip();
    }
  }
  return pair;
}

/// Appends the first `size` bytes of a little-endian number: the element that a wider field holds.
template <class T>
void append(std::vector<std::byte>& to, T value, std::size_t size) {
  const auto raw = std::as_bytes(std::span(&value, 1)).first(size);
  to.insert(to.end(), raw.begin(), raw.end());
}

}  // namespace

Model parse_model(std::span<const std::byte> data, const std::string& file) try {
  Model model;
  std::optional<pbf_reader> graph;
  const auto whole = as_text(data);
  for (pbf_reader field(whole.data(), whole.size()); field.next();) {
    switch (field.tag_and_type()) {
      case tag_and_type(2, bytes): add(model.metadata, {"producer_name", text(field)}, file); break;
      case tag_and_type(7, bytes): graph = field.get_message(); break;
      case tag_and_type(14, bytes): add(model.metadata, parse_pair(field.get_message()), file); break;
      default: field.skip();
    }
  }
  if (!graph) fail(Fault::bad_model, "{}: an ONNX file without a graph", file);
  parse_graph(*graph, model, file);
  return model;
} catch (const protozero::exception&) {
  fail(Fault::bad_model, "{}: a broken ONNX file; it was cut short or is no valid protobuf", file);
}

std::optional<DType> dtype_of(std::int32_t number) {
  constexpr std::array<std::pair<std::int32_t, DType>, 10> types = {{{1, DType::f32},
                                                                     {2, DType::u8},
                                                                     {3, DType::i8},
                                                                     {5, DType::i16},
                                                                     {6, DType::i32},
                                                                     {7, DType::i64},
                                                                     {9, DType::boolean},
                                                                     {10, DType::f16},
                                                                     {11, DType::f64},
                                                                     {16, DType::bf16}}};
  for (const auto& [known, type] : types)
    if (known == number) return type;
  return {};
}

std::vector<std::byte> typed_data(const Tensor& tensor, DType type, const std::string& file) try {
  const std::size_t size = size_bytes(type);
  const bool in_int32 = type != DType::f32 && type != DType::f64 && type != DType::i64;
  std::vector<std::byte> data;
  for (pbf_reader field(tensor.message.data(), tensor.message.size()); field.next();) {
    const auto tag = field.tag_and_type();
    if (type == DType::f32 && tag == tag_and_type(4, pbf_wire_type::fixed32)) {
      append(data, field.get_float(), size);
    } else if (type == DType::f64 && tag == tag_and_type(10, pbf_wire_type::fixed64)) {
      append(data, field.get_double(), size);
    } else if ((type == DType::f32 && tag == tag_and_type(4, bytes)) ||
               (type == DType::f64 && tag == tag_and_type(10, bytes))) {
      const auto packed = std::as_bytes(std::span(text(field)));  // already as raw data are
      data.insert(data.end(), packed.begin(), packed.end());
    } else if ((in_int32 && tag == tag_and_type(5, varint)) ||
               (type == DType::i64 && tag == tag_and_type(7, varint))) {
      append(data, field.get_int64(), size);
    } else if ((in_int32 && tag == tag_and_type(5, bytes)) ||
               (type == DType::i64 && tag == tag_and_type(7, bytes))) {
      for (const std::int64_t value : field.get_packed_int64()) append(data, value, size);
    } else {
      field.skip();
    }
  }
  return data;
} catch (const protozero::exception&) {
  fail(Fault::bad_model, "{}: a broken ONNX file; tensor {} is no valid protobuf", file, tensor.name);
}

bool starts_model(std::span<const std::byte> data) {
  const auto whole = as_text(data);
  bool version = false;
  try {
    for (pbf_reader field(whole.data(), whole.size()); field.next();) {
      if (field.tag_and_type() == tag_and_type(7, bytes)) return version;
      version = version || field.tag_and_type() == tag_and_type(1, varint);
      field.skip();
    }
  } catch (const protozero::exception&) {
    return false;
  }
  return false;
}

}  // namespace lp::onnx
