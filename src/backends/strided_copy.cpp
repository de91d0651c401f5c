#include "backends/strided_copy.hpp"

#include "base/error.hpp"

#include <algorithm>

namespace lp {
namespace {

/// Calls `visit(element in the view, position in row-major order)` for every element.
template <class Element, class Visit>
void walk(const TensorView& view, Visit visit) {
  const std::vector<std::int64_t> strides = view.strides_or_dense();
  auto* const base = static_cast<Element*>(view.data);
  std::vector<std::int64_t> at(view.shape.size(), 0);
  const std::int64_t total = view.elements();
  for (std::int64_t i = 0; i < total; ++i) {
    std::int64_t offset = 0;
    for (std::size_t axis = 0; axis < at.size(); ++axis) offset += at[axis] * strides[axis];
    visit(base[offset], static_cast<std::size_t>(i));
    for (std::size_t axis = at.size(); axis-- > 0;) {
      if (++at[axis] < view.shape[axis]) break;
      at[axis] = 0;
    }
  }
}

}  // namespace

void copy_in(const TensorView& from, std::span<float> to) {
  walk<const float>(from, [&](float element, std::size_t i) { to[i] = element; });
}

void copy_in(const TensorView& from, std::span<std::int32_t> to) {
  walk<const std::int32_t>(from, [&](std::int32_t element, std::size_t i) { to[i] = element; });
}

void copy_out(std::span<const float> from, const TensorView& to) {
  walk<float>(to, [&](float& element, std::size_t i) { element = from[i]; });
}

void check_view(const TensorView& view, DType dtype, std::span<const std::int64_t> shape,
                std::string_view value) {
  if (view.dtype != dtype)
    fail(Fault::bad_input, "`{}` was given as {}, it is {}", value, name(view.dtype), name(dtype));
  if (!std::equal(view.shape.begin(), view.shape.end(), shape.begin(), shape.end()))
    fail(Fault::bad_input, "`{}` was given as [{}], it is [{}]", value, fmt::join(view.shape, ", "),
         fmt::join(shape, ", "));
  if (!view.strides.empty() && view.strides.size() != view.shape.size())
    fail(Fault::bad_input, "`{}` has {} strides for {} axes", value, view.strides.size(), view.shape.size());
}

}  // namespace lp
