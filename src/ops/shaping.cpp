#include "ops/shaping.hpp"

#include "base/error.hpp"

#include <algorithm>

namespace lp::op {
namespace {

const Shape& only_input(std::string_view op, InputShapes inputs) {
  if (inputs.size() != 1 || !inputs[0])
    fail(Fault::bad_model, "{}: it takes one input, {} given", op, inputs.size());
  return *inputs[0];
}

std::size_t axis_of(std::string_view op, const Shape& shape, const std::string& axis) {
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i].name == axis) return i;
  fail(Fault::bad_model, "{}: `x` {} has no axis `{}`", op, text(shape), axis);
}

}  // namespace

Shape Slice::output(InputShapes inputs) const {
  Shape shape = only_input(name, inputs);
  Axis& sliced = shape[axis_of(name, shape, axis)];
  if (from < 0 || size < 1 || from > sliced.size.size() - size)
    fail(Fault::bad_model, "slice: {}..{} is not within {} = {}", from, from + size, axis,
         sliced.size.text());
  sliced.size = size;
  return shape;
}

Shape Concat::output(InputShapes inputs) const {
  if (inputs.empty() || !inputs[0]) fail(Fault::bad_model, "concat: it takes at least one input");
  Shape shape = *inputs[0];
  const std::size_t along = axis_of(name, shape, axis);
  Dim total = 0;
  for (const auto& part : inputs) {
    if (!part) fail(Fault::bad_model, "concat: an input is missing");
    Shape other = *part;
    if (other.size() != shape.size())
      fail(Fault::bad_model, "concat: a part is {}, but the first is {}", text(*part), text(*inputs[0]));
    total = total + other[along].size;
    other[along].size = shape[along].size;
    if (!same_sizes(other, shape))
      fail(Fault::bad_model, "concat: a part is {}, but the first is {}; they may differ in `{}` only",
           text(*part), text(*inputs[0]), axis);
  }
  shape[along].size = total;
  return shape;
}

Shape Flatten::output(InputShapes inputs) const {
  const Shape& shape = only_input(name, inputs);
  const std::size_t from = axis_of(name, shape, first), to = axis_of(name, shape, last);
  if (from >= to)
    fail(Fault::bad_model, "flatten: `{}` does not come before `{}` in {}", first, last, text(shape));
  Shape flat(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(from));
  Dim size = shape[from].size;
  for (std::size_t i = from + 1; i <= to; ++i) {
    if (!size.fixed() && !shape[i].size.fixed())
      fail(Fault::bad_model, "flatten: {} has two sizes that vary", text(shape));
    size = size.fixed() ? shape[i].size * size.size() : size * shape[i].size.size();
  }
  flat.push_back({into, size});
  flat.insert(flat.end(), shape.begin() + static_cast<std::ptrdiff_t>(to) + 1, shape.end());
  return flat;
}

Shape Unflatten::output(InputShapes inputs) const {
  Shape shape = only_input(name, inputs);
  const std::size_t at = axis_of(name, shape, axis);
  if (size < 1 || shape[at].size.size() % size != 0)
    fail(Fault::bad_model, "unflatten: {} = {} is no multiple of {}", axis, shape[at].size.text(), size);
  const Dim rest = shape[at].size / size;
  shape[at] = {first, size};
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(at) + 1, {second, rest});
  return shape;
}

std::vector<std::size_t> Transpose::positions(const Shape& x) const {
  std::vector<std::size_t> positions;
  std::vector<bool> taken(x.size(), false);
  for (std::size_t from = 0; from <= order.size();) {
    const std::size_t to = std::min(order.find(',', from), order.size());
    const std::size_t at = axis_of(name, x, order.substr(from, to - from));
    if (taken[at]) fail(Fault::bad_model, "transpose: `{}` comes twice in `{}`", x[at].name, order);
    taken[at] = true;
    positions.push_back(at);
    from = to + 1;
  }
  if (positions.size() != x.size())
    fail(Fault::bad_model, "transpose: `{}` names {} of the axes {}", order, positions.size(), text(x));
  return positions;
}

Shape Transpose::output(InputShapes inputs) const {
  const Shape& shape = only_input(name, inputs);
  Shape out;
  for (const std::size_t at : positions(shape)) out.push_back(shape[at]);
  return out;
}

Shape Repeat::output(InputShapes inputs) const {
  Shape shape = only_input(name, inputs);
  Axis& repeated = shape[axis_of(name, shape, axis)];
  if (repeated.size != Dim(1) || times < 1)
    fail(Fault::bad_model, "repeat: {} = {} cannot become {} equal elements", axis, repeated.size.text(),
         times);
  repeated.size = times;
  return shape;
}

Shape Flip::output(InputShapes inputs) const {
  const Shape& shape = only_input(name, inputs);
  axis_of(name, shape, axis);
  return shape;
}

}  // namespace lp::op
