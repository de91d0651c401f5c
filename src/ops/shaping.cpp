#include "ops/shaping.hpp"

#include "base/error.hpp"

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

}  // namespace lp::op
