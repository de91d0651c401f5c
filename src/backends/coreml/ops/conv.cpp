#include "ops/conv.hpp"

#include "backends/coreml/emission.hpp"

namespace lp::coreml {
namespace {

std::optional<Var> bias_of(Emission& emission, int id) {
  const Node& node = emission.node(id);
  if (node.inputs.size() < 3 || node.inputs[2] < 0) return {};
  return emission.plain(node.inputs[2], emission.element(id));
}

/// A sequence's kernel [.., .., k] as a picture's, [.., .., 1, k].
Var sequence_kernel(Emission& emission, int id) {
  const int weight = emission.node(id).inputs[1];
  const std::vector<std::int64_t> own = sizes(emission.node(weight).shape);
  const Sizes wide = {own[0], own[1], 1, own[2]};
  return emission.weight(weight, wide, emission.element(id));
}

void emit_conv1d(Emission& emission, int id) {
  const Node& node = emission.node(id);
  const auto& conv = *node.op.as<op::Conv1d>();
  const Var x = emission.channels(node.inputs[0], emission.element(id));
  emission.set(
      id,
      mil::conv(emission.function(), node.name, x, sequence_kernel(emission, id), bias_of(emission, id),
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
  const Var x = emission.plain(node.inputs[0], element), weight = emission.plain(node.inputs[1], element);
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
      mil::conv_transpose(emission.function(), node.name, x, sequence_kernel(emission, id),
                          bias_of(emission, id), {.stride = {1, conv.stride}, .padding = {0, conv.padding}}),
      Form::channels);
}

void emit_conv_transpose2d(Emission& emission, int id) {
  const Node& node = emission.node(id);
  const Element element = emission.element(id);
  const Var x = emission.plain(node.inputs[0], element), weight = emission.plain(node.inputs[1], element);
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
