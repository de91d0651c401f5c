#include "ops/shaping.hpp"

#include "backends/onednn/builder.hpp"

#include <cstring>

namespace lp::onednn {
namespace {

/// Elements `from` to `from + size` of an axis, where they lie.
View part_of(const View& whole, std::size_t axis, std::int64_t from, std::int64_t size) {
  View part = whole;
  part.dims[axis] = size;
  part.offset += from * whole.strides[axis];
  return part;
}

void lower_slice(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const auto& how = *node.op.as<op::Slice>();
  const std::size_t axis = axis_index(b.graph()[node.inputs[0]].shape, how.axis);
  b.alias(id, part_of(b.value(node.inputs[0]), axis, how.from, how.size));
}

std::size_t concat_axis(Builder& b, int id) {
  return axis_index(b.graph()[id].shape, b.graph()[id].op.as<op::Concat>()->axis);
}

/// Inputs that can, write straight into their part of the result.
void place_concat(Builder& b, int id) {
  const std::size_t axis = concat_axis(b, id);
  const View whole = b.reserve(id);
  std::int64_t at = 0;
  for (const int input : b.graph()[id].inputs) {
    const std::int64_t size = b.graph()[input].shape[axis].size.size();
    b.offer(input, part_of(whole, axis, at, size));
    at += size;
  }
}

/// Whether `next` begins in memory where `first` ends along `axis`, so that one copy takes both.
bool continues(const View& first, const View& next, std::size_t axis) {
  if (first.buffer != next.buffer || first.strides != next.strides || first.dtype != next.dtype) return false;
  return next.offset == first.offset + first.dims[axis] * first.strides[axis];
}

void lower_concat(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const std::size_t axis = concat_axis(b, id);
  const View whole = b.make(id, true);
  struct Part {
    View from;
    std::int64_t at;
  };
  std::vector<Part> parts;  // what is not in its place yet; neighbours in memory are one part
  std::int64_t at = 0;
  for (const int input : node.inputs) {
    const View from = whole.levels ? b.value(input) : b.real(input);
    const bool adjoins = !parts.empty() && parts.back().at + parts.back().from.dims[axis] == at;
    if (from.buffer == whole.buffer) {
      at += from.dims[axis];
      continue;
    }
    if (adjoins && continues(parts.back().from, from, axis))
      parts.back().from.dims[axis] += from.dims[axis];
    else
      parts.push_back({from, at});
    at += from.dims[axis];
  }
  for (const Part& part : parts)
    b.copy(node.name, part.from, part_of(whole, axis, part.at, part.from.dims[axis]));
}

/// The flattened axes of a flatten node: positions of its first and last.
std::pair<std::size_t, std::size_t> flattened(Builder& b, int id) {
  const auto& how = *b.graph()[id].op.as<op::Flatten>();
  const Shape& shape = b.graph()[b.graph()[id].inputs[0]].shape;
  return {axis_index(shape, how.first), axis_index(shape, how.last)};
}

/// The flat view of `x`, or nothing where the axes' strides do not run into one.
std::optional<View> flat(const View& x, std::size_t first, std::size_t last) {
  View view = x;
  for (std::size_t axis = last; axis > first; --axis) {
    if (x.dims[axis - 1] > 1 && x.strides[axis - 1] != x.strides[axis] * x.dims[axis]) return {};
    view.dims[axis - 1] = view.dims[axis] * x.dims[axis - 1];
    view.strides[axis - 1] = view.strides[axis];
    view.dims.erase(view.dims.begin() + static_cast<std::ptrdiff_t>(axis));
    view.strides.erase(view.strides.begin() + static_cast<std::ptrdiff_t>(axis));
  }
  return view;
}

/// The input may write where the flat result has to be, with its own axes.
void place_flatten(Builder& b, int id) {
  if (b.target(id) == nullptr) return;
  const auto [first, last] = flattened(b, id);
  View view = *b.target(id);
  const int input = b.graph()[id].inputs[0];
  const std::vector<std::int64_t> dims = sizes(b.graph()[input].shape);
  std::int64_t stride = view.strides[first];
  std::vector<std::int64_t> strides(last - first + 1);
  for (std::size_t axis = last + 1; axis-- > first;) {
    strides[axis - first] = stride;
    stride *= dims[axis];
  }
  view.dims = dims;
  view.strides.erase(view.strides.begin() + static_cast<std::ptrdiff_t>(first));
  view.strides.insert(view.strides.begin() + static_cast<std::ptrdiff_t>(first), strides.begin(),
                      strides.end());
  b.offer(input, view);
}

void lower_flatten(Builder& b, int id) {
  const auto [first, last] = flattened(b, id);
  const View x = b.value(b.graph()[id].inputs[0]);
  std::optional<View> view = flat(x, first, last);
  if (!view) {  // lay it out in the graph's order first
    View plain = b.fresh(x.dtype, x.dims);
    plain.strides = row_major(plain.dims);
    plain.levels = x.levels;
    b.copy(b.graph()[id].name, x, plain);
    view = flat(plain, first, last);
  }
  b.alias(id, view.value());
}

/// One axis cut in two is a matter of strides.
void lower_unflatten(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const auto& how = *node.op.as<op::Unflatten>();
  const std::size_t at = axis_index(b.graph()[node.inputs[0]].shape, how.axis);
  const auto place = static_cast<std::ptrdiff_t>(at);
  View view = b.value(node.inputs[0]);
  const std::int64_t rest = view.dims[at] / how.size, stride = view.strides[at];
  view.dims[at] = how.size;
  view.strides[at] = stride * rest;
  view.dims.insert(view.dims.begin() + place + 1, rest);
  view.strides.insert(view.strides.begin() + place + 1, stride);
  b.alias(id, view);
}

void lower_transpose(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const View x = b.value(node.inputs[0]);
  View view = x;
  std::size_t axis = 0;
  for (const std::size_t from : node.op.as<op::Transpose>()->positions(b.graph()[node.inputs[0]].shape)) {
    view.dims[axis] = x.dims[from];
    view.strides[axis++] = x.strides[from];
  }
  b.alias(id, view);
}

/// A state that is kept in bf16 where f32 is computed: repeated as a whole, and not widened for that.
bool repeat_as_it_lies(Builder& b, int id, std::size_t axis) {
  const Node& node = b.graph()[id];
  const View x = b.value(node.inputs[0]);
  const bool is_narrow = x.dtype == DType::bf16 && b.real_type_of(id) == DType::f32;
  if (!is_narrow || axis != 0 || x.dims[0] != 1 || x.strides != row_major(x.dims)) return false;
  View y = b.fresh(x.dtype, sizes(node.shape));
  y.strides = row_major(y.dims);
  std::size_t bytes = size_bytes(x.dtype);
  for (const std::int64_t size : x.dims) bytes *= static_cast<std::size_t>(size);
  b.kernel(node.name, "repeat", {x}, {y}, [=, times = y.dims[0]](const Bindings& memory) {
    for (std::int64_t i = 0; i < times; ++i)
      std::memcpy(memory.pointer(y) + static_cast<std::size_t>(i) * bytes, memory.pointer(x), bytes);
  });
  b.alias(id, y);
  return true;
}

void lower_repeat(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const auto& how = *node.op.as<op::Repeat>();
  const std::size_t axis = axis_index(b.graph()[node.inputs[0]].shape, how.axis);
  if (repeat_as_it_lies(b, id, axis)) return;
  const View y = b.make(id, true);
  const View x = y.levels ? b.value(node.inputs[0]) : b.real(node.inputs[0]);
  for (std::int64_t i = 0; i < how.times; ++i) b.copy(node.name, x, part_of(y, axis, i, 1));
}

}  // namespace

void add_shaping_rules(Rules& rules) {
  rules.on<op::Slice>({.lower = lower_slice});
  rules.on<op::Concat>({.lower = lower_concat, .place = place_concat, .strided_output = true});
  rules.on<op::Unflatten>({.lower = lower_unflatten});
  rules.on<op::Transpose>({.lower = lower_transpose});
  rules.on<op::Repeat>({.lower = lower_repeat, .strided_output = true});
  rules.on<op::Flatten>({.lower = lower_flatten, .place = place_flatten, .strided_output = true});
}

}  // namespace lp::onednn
