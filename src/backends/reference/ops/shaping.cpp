#include "ops/shaping.hpp"

#include "backends/reference/array.hpp"

#include <algorithm>

namespace lp::reference {
namespace {

/// Elements before and behind an axis: a tensor is `outer` blocks of size(axis) * `inner` elements.
struct Blocks {
  std::int64_t outer = 1, inner = 1;
};
Blocks around(const std::vector<std::int64_t>& shape, std::size_t axis) {
  Blocks blocks;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (i != axis) (i < axis ? blocks.outer : blocks.inner) *= shape[i];
  return blocks;
}

void slice(const Call& call) {
  const auto& how = call.as<op::Slice>();
  const Array& x = *call.in[0];
  const std::size_t axis = axis_index(call.in_shapes[0], how.axis);
  const Blocks blocks = around(x.shape, axis);
  for (std::int64_t block = 0; block < blocks.outer; ++block)
    std::copy_n(x.data.begin() + (block * x.shape[axis] + how.from) * blocks.inner, how.size * blocks.inner,
                call.out.data.begin() + block * how.size * blocks.inner);
}

void concat(const Call& call) {
  const std::size_t axis = axis_index(call.in_shapes[0], call.as<op::Concat>().axis);
  const Blocks blocks = around(call.out.shape, axis);
  auto to = call.out.data.begin();
  for (std::int64_t block = 0; block < blocks.outer; ++block)
    for (const Array* part : call.in) {
      const std::int64_t run = part->shape[axis] * blocks.inner;
      to = std::copy_n(part->data.begin() + block * run, run, to);
    }
}

void transpose(const Call& call) {
  const Array& x = *call.in[0];
  const std::vector<std::size_t> from = call.as<op::Transpose>().positions(call.in_shapes[0]);
  std::vector<std::int64_t> strides(x.shape.size(), 1), at(x.shape.size(), 0);
  for (std::size_t axis = x.shape.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * x.shape[axis];
  for (float& element : call.out.data) {
    std::int64_t position = 0;
    for (std::size_t axis = 0; axis < at.size(); ++axis) position += at[axis] * strides[from[axis]];
    element = x[position];
    for (std::size_t axis = at.size(); axis-- > 0;) {
      if (++at[axis] < call.out.shape[axis]) break;
      at[axis] = 0;
    }
  }
}

void repeat(const Call& call) {
  const Array& x = *call.in[0];
  const auto& how = call.as<op::Repeat>();
  const Blocks blocks = around(x.shape, axis_index(call.in_shapes[0], how.axis));
  auto to = call.out.data.begin();
  for (std::int64_t block = 0; block < blocks.outer; ++block)
    for (std::int64_t i = 0; i < how.times; ++i)
      to = std::copy_n(x.data.begin() + block * blocks.inner, blocks.inner, to);
}

void flip(const Call& call) {
  const Array& x = *call.in[0];
  const std::size_t axis = axis_index(call.in_shapes[0], call.as<op::Flip>().axis);
  const Blocks blocks = around(x.shape, axis);
  auto to = call.out.data.begin();
  for (std::int64_t block = 0; block < blocks.outer; ++block)
    for (std::int64_t i = x.shape[axis]; i-- > 0;)
      to = std::copy_n(x.data.begin() + (block * x.shape[axis] + i) * blocks.inner, blocks.inner, to);
}

}  // namespace

void add_shaping_rules(Rules& rules) {
  rules.on<op::Slice>(slice);
  rules.on<op::Concat>(concat);
  rules.on<op::Transpose>(transpose);
  rules.on<op::Repeat>(repeat);
  rules.on<op::Flip>(flip);
  rules.on<op::Unflatten>([](const Call& call) { call.out.data = call.in[0]->data; });
  rules.on<op::Flatten>([](const Call& call) { call.out.data = call.in[0]->data; });
}

}  // namespace lp::reference
