#include "ops/conv.hpp"

#include "backends/coreml/emission.hpp"

namespace lp::coreml {
namespace {

std::optional<Var> bias_of(Emission& emission, int id) {
  const Node& node = emission.node(id);
  if (node.inputs.size() < 3 || node.inputs[2] < 0) return {};
  return emission.plain(node.inputs[2], emission.element(id));
}

/// A kernel; a sequence's, [.., .., k], as a picture's, [.., .., 1, k]. `axis`: that of the result's
/// channels.
Var kernel_of(Emission& emission, int id, std::size_t axis) {
  const int weight = emission.node(id).inputs[1];
  Sizes own = sizes(emission.node(weight).shape);
  if (own.size() == 3) own.insert(own.begin() + 2, 1);
  return emission.layer_weight(weight, own, axis, emission.element(id));
}

void emit_conv1d(Emission& emission, int id) {
  const Node& node = emission.node(id);
  const auto& conv = *node.op.as<op::Conv1d>();
  const Var x = emission.channels(node.inputs[0], emission.element(id));
  emission.set(id,
               mil::conv(emission.function(), node.name, x, kernel_of(emission, id, 0), bias_of(emission, id),
                         {.stride = {1, conv.stride},
                          .padding = {0, conv.padding},
                          .dilation = {1, conv.dilation},
                          .groups = conv.groups}),
               Form::channels);
}

void emit_conv2d(Emission& emission, int id) {
  const Node& node = emission.node(id);
  const auto& conv = *node.op.as<op::Conv2d>();
  const Element element = emission.element(id);
  const Var x = emission.plain(node.inputs[0], element), weight = kernel_of(emission, id, 0);
  emission.set(id, mil::conv(emission.function(), node.name, x, weight, bias_of(emission, id),
                             {.stride = {conv.stride, conv.stride},
                              .padding = {conv.padding, conv.padding},
                              .dilation = {conv.dilation, conv.dilation},
                              .groups = conv.groups}));
}

void emit_conv_transpose1d(Emission& emission, int id) {
  const Node& node = emission.node(id);
  const auto& conv = *node.op.as<op::ConvTranspose1d>();
  const Var x = emission.channels(node.inputs[0], emission.element(id));
  emission.set(
      id,
      mil::conv_transpose(emission.function(), node.name, x, kernel_of(emission, id, 1),
                          bias_of(emission, id), {.stride = {1, conv.stride}, .padding = {0, conv.padding}}),
      Form::channels);
}

void emit_conv_transpose2d(Emission& emission, int id) {
  const Node& node = emission.node(id);
  const Element element = emission.element(id);
  const Var x = emission.plain(node.inputs[0], element), weight = kernel_of(emission, id, 1);
  emission.set(id, mil::conv_transpose(emission.function(), node.name, x, weight, bias_of(emission, id),
                                       {.stride = {weight.size(2), weight.size(3)}}));
}

}  // namespace

void add_conv_rules(Rules& rules) {
  rules.on<op::Conv1d>(emit_conv1d);
  rules.on<op::Conv2d>(emit_conv2d);
  rules.on<op::ConvTranspose1d>(emit_conv_transpose1d);
  rules.on<op::ConvTranspose2d>(emit_conv_transpose2d);
}

}  // namespace lp::coreml
