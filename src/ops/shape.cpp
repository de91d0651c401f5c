#include "ops/shape.hpp"

#include "base/error.hpp"

#include <algorithm>

namespace lp {

std::string text(const Shape& shape) {
  std::string out = "[";
  for (const Axis& axis : shape) out += (out.size() > 1 ? ", " : "") + axis.name + "=" + axis.size.text();
  return out + "]";
}

bool same_sizes(const Shape& a, const Shape& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Axis& x, const Axis& y) { return x.size == y.size; });
}

std::vector<std::int64_t> sizes(const Shape& shape) {
  std::vector<std::int64_t> out;
  out.reserve(shape.size());
  for (const Axis& axis : shape) out.push_back(axis.size.size());
  return out;
}

std::int64_t elements(const Shape& shape) {
  std::int64_t product = 1;
  for (const Axis& axis : shape) product *= axis.size.size();
  return product;
}

std::size_t axis_index(const Shape& shape, std::string_view name) {
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i].name == name) return i;
  fail(Fault::bad_model, "no axis `{}` in {}", name, text(shape));
}

}  // namespace lp
