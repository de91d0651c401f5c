#pragma once
#include "base/dtype.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The part of the ONNX format that holds weights, read off the wire. All views point into the file's bytes.
/// Source of field numbers: onnx/onnx.proto (IR version 10).
namespace lp::onnx {

/// A TensorProto. Its elements are in `raw`, or in typed fields that typed_data() reads.
struct Tensor {
  std::string_view name;
  std::string_view message;  // the whole TensorProto
  std::int32_t data_type = 0;
  std::vector<std::int64_t> dims;
  std::optional<std::span<const std::byte>> raw;
  bool external = false;     // the elements are in another file
  bool initializer = false;  // else the value of a Constant node
};

/// A NodeProto. Attributes are read only as far as weights need them; graphs inside them are skipped.
struct Node {
  std::string_view name, op;
  std::vector<std::string_view> inputs, outputs;
  bool transposes_b = false;  // Gemm's transB
};

/// The GraphProto and what we keep of the ModelProto around it.
struct Model {
  std::vector<Tensor> tensors;
  std::vector<Node> nodes;
  std::vector<std::pair<std::string_view, std::string_view>> metadata;
};

/// Parses a ModelProto, called `file` in messages.
/// @throws Error{bad_model} if it is no valid protobuf, has no graph, a tensor has more than 8 axes, or there
/// are more than 2^20 nodes, tensors or properties.
Model parse_model(std::span<const std::byte> bytes, const std::string& file);

/// The type of TensorProto.DataType `number`; nothing for those that we lack.
std::optional<DType> dtype_of(std::int32_t number);

/// The elements of a tensor without raw data, from float_data, int32_data, int64_data or double_data, as the
/// bytes that raw data would have. At most as many bytes as the file has, times two.
std::vector<std::byte> typed_data(const Tensor& tensor, DType type, const std::string& file);

/// Does a ModelProto begin here? See is_onnx().
bool starts_model(std::span<const std::byte> bytes);

}  // namespace lp::onnx
