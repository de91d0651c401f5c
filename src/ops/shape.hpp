#pragma once
#include "ops/dim.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace lp {

struct Axis {
  std::string name;
  Dim size;
};

/// Named axes in memory order, outermost first: [n=1, c=32, h=160, w=160].
using Shape = std::vector<Axis>;

/// "[n=1, c=32, h=160, w=160]"
std::string text(const Shape& shape);

/// Whether sizes agree, whatever the names.
bool same_sizes(const Shape& a, const Shape& b);

/// Sizes of a shape whose dims are all fixed, and their product.
std::vector<std::int64_t> sizes(const Shape& shape);
std::int64_t elements(const Shape& shape);

/// Position of the axis called `name`. @throws Error{bad_model} if there is none.
std::size_t axis_index(const Shape& shape, std::string_view name);

}  // namespace lp
