#pragma once
#include "formats/onnx_proto.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Which tensors of an ONNX file are weights, and what they are called in the framework that they come from.
///
/// A tensor with a name of its own (`model.0.conv.weight`) keeps it. Exporters lose names where they fold
/// constants: `onnx::MatMul_123`, `/fc/Constant_output_0`, `417`. Such a tensor takes the path of the node
/// that uses it and its place there: the kernel of `/model.0/fc/MatMul` is `model.0.fc.weight`. In a path a
/// child of a list repeats its parent (`/layer1/layer1.0/conv1/Conv`, of torch's exporter), which is said
/// once: `layer1.0.conv1.weight`.
///
/// Exporters also fold what is computed of a parameter alone. Kept of that is an exponential
/// (`/dp/flows.0/Exp_output_0`, of a scale that the model learned as a logarithm), as `dp.flows.0.Exp`.
///
/// torch keeps a linear layer's weight as [out, in]. Where the exporter folded the transposition in and so
/// lost the name (MatMul, Gemm without transB), the matrix is turned back. Tensors with a name of their own
/// stay as they are.
///
/// Left out, because they are not weights: integers of 16 bits and more and booleans; what is only used as a
/// setting (the sizes of Resize, the bounds of Range, Slice or Clip, the shapes of Reshape ...); and tensors
/// without a name of their own that are no parameter of a layer and no exponential, such as the constants of
/// anchor arithmetic (Add, Sub, Mul, Div).
namespace lp::onnx {

/// A weight: the tensor, its name in the framework, and whether its two axes are to be exchanged.
struct Weight {
  const Tensor* tensor = nullptr;
  std::string name;
  bool transpose = false;
};

/// The weights of `model`, in the order of the file; borrows its tensors. Names are distinct; a second user
/// of a path gets the operator's name in it too (`fc.MatMul_1.weight`). An initializer that an Identity node
/// passes on under a name of its own (a weight that two layers share) is listed under both.
/// @throws Error{bad_model} if two tensors have the same name, or one has none.
std::vector<Weight> weights_of(const Model& model, const std::string& file);

/// Has this name been made by an exporter, not by the author of the model?
bool is_exporter_made(std::string_view name);

/// The module that a node belongs to: "/model.22/cv2.2/cv2.2.2/Conv" gives "model.22.cv2.2.2"; "/Conv" and
/// "Conv_3" give nothing.
std::string module_of(std::string_view node);

}  // namespace lp::onnx
