#include "ops/shaping.hpp"

#include "backends/coreml/emission.hpp"
#include "backends/coreml/ops/box_decoding.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <array>

namespace lp::coreml {
namespace {

/// Where an axis of the graph lies.
std::int64_t axis_in(std::size_t axis, Form form) {
  constexpr std::array<std::int64_t, 3> in_channels = {0, 3, 1};
  return form == Form::channels ? in_channels.at(axis) : static_cast<std::int64_t>(axis);
}

/// All slices of a value along one axis, by where they begin, if they are all of it and do not overlap; else
/// none.
std::vector<int> parts_of(const Emission& emission, int from, const std::string& axis) {
  std::vector<int> parts;
  for (const int reader : emission.readers(from))
    if (const auto* const slice = emission.node(reader).op.as<op::Slice>();
        slice != nullptr && slice->axis == axis)
      parts.push_back(reader);
  const auto slice_at = [&](int id) -> const op::Slice& { return *emission.node(id).op.as<op::Slice>(); };
  std::sort(parts.begin(), parts.end(), [&](int a, int b) { return slice_at(a).from < slice_at(b).from; });
  std::int64_t end = 0;
  for (const int part : parts) {
    if (slice_at(part).from != end) return {};
    end += slice_at(part).size;
  }
  const Shape& shape = emission.node(from).shape;
  if (end != shape[axis_index(shape, axis)].size.size()) return {};
  return parts;
}

void emit_slice(Emission& emission, int id) {
  if (emission.has(id)) return;  // with the others of a split
  const Node& node = emission.node(id);
  const int from = node.inputs[0];
  const auto& slice = *node.op.as<op::Slice>();
  const Form form = emission.form(from);
  const std::vector<int> parts = parts_of(emission, from, slice.axis);
  // The parts of a split have one type: the one that holds all of them.
  const bool exact = std::any_of(parts.begin(), parts.end(),
                                 [&](int part) { return emission.element(part) == Element::f32; });
  const Var x = emission.get(from, form, exact ? Element::f32 : emission.element(id));
  const std::int64_t axis = axis_in(axis_index(emission.node(from).shape, slice.axis), form);
  if (parts.size() < 2) {
    emission.set(id, mil::slice(emission.function(), node.name, x, axis, slice.from, slice.size), form);
    return;
  }
  Sizes extents;
  extents.reserve(parts.size());
  for (const int part : parts) extents.push_back(emission.node(part).op.as<op::Slice>()->size);
  const std::vector<Var> made = mil::split(emission.function(), node.name, x, axis, extents);
  for (std::size_t i = 0; i < parts.size(); ++i) emission.set(parts[i], made[i], form);
}

void emit_concat(Emission& emission, int id) {
  const Node& node = emission.node(id);
  if (joins_boxes(emission, id)) {
    emission.set(id, decode_boxes(emission, node.inputs, node.name));
    return;
  }
  const bool channels = std::any_of(node.inputs.begin(), node.inputs.end(),
                                    [&](int from) { return emission.form(from) == Form::channels; });
  const Form form = channels ? Form::channels : Form::plain;
  std::vector<Var> parts;
  parts.reserve(node.inputs.size());
  for (const int from : node.inputs) parts.push_back(emission.get(from, form, emission.element(id)));
  const std::size_t axis = axis_index(node.shape, node.op.as<op::Concat>()->axis);
  if (parts.size() == 1) {
    emission.set(id, parts.front(), form);
    return;
  }
  emission.set(id, mil::concat(emission.function(), node.name, parts, axis_in(axis, form)), form);
}

/// The same elements under other sizes.
void emit_reshape(Emission& emission, int id) {
  const Node& node = emission.node(id);
  const Var x = emission.plain(node.inputs[0], emission.element(id));
  emission.set(id, mil::reshape(emission.function(), node.name, x, sizes(node.shape)));
}

/// A picture's rows of pixels as a sequence, and back, are the form of channels under another name.
void emit_transpose(Emission& emission, int id) {
  const Node& node = emission.node(id);
  const int from = node.inputs[0];
  const Element element = emission.element(id);
  const std::vector<std::size_t> order = node.op.as<op::Transpose>()->positions(emission.node(from).shape);
  const bool swaps_sequence = order == std::vector<std::size_t>{0, 2, 1};
  if (swaps_sequence) {
    const Form form = emission.form(from);
    const Var x = emission.get(from, form, element);
    if (form == Form::channels) {
      emission.set(id, mil::reshape(emission.function(), node.name, x, sizes(node.shape)));
    } else {
      emission.set(id, mil::reshape(emission.function(), node.name, x, {x.size(0), x.size(1), 1, x.size(2)}),
                   Form::channels);
    }
    return;
  }
  const Sizes axes(order.begin(), order.end());
  emission.set(id, mil::transpose(emission.function(), node.name, emission.plain(from, element), axes));
}

void emit_repeat(Emission& emission, int id) {
  const Node& node = emission.node(id);
  const int from = node.inputs[0];
  const auto& repeat = *node.op.as<op::Repeat>();
  const Form form = emission.form(from);
  const Var x = emission.get(from, form, emission.element(id));
  Sizes times(x.rank(), 1);
  times[static_cast<std::size_t>(axis_in(axis_index(node.shape, repeat.axis), form))] = repeat.times;
  emission.set(id, mil::tile(emission.function(), node.name, x, times), form);
}

void emit_flip(Emission& emission, int id) {
  const Node& node = emission.node(id);
  const int from = node.inputs[0];
  const Form form = emission.form(from);
  const Var x = emission.get(from, form, emission.element(id));
  const Sizes axes = {axis_in(axis_index(node.shape, node.op.as<op::Flip>()->axis), form)};
  mil::Function& function = emission.function();
  emission.set(id,
               function.add("reverse", node.name, {{"x", {x}}, {"axes", {function.integers(axes)}}}, x.type),
               form);
}

}  // namespace

void add_shaping_rules(Rules& rules) {
  rules.on<op::Slice>(emit_slice);
  rules.on<op::Concat>(emit_concat);
  rules.on<op::Flatten>(emit_reshape);
  rules.on<op::Unflatten>(emit_reshape);
  rules.on<op::Transpose>(emit_transpose);
  rules.on<op::Repeat>(emit_repeat);
  rules.on<op::Flip>(emit_flip);
}

}  // namespace lp::coreml
