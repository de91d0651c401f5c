#include "backends/coreml/mil/build.hpp"

#include "base/error.hpp"

#include <algorithm>

namespace lp::coreml::mil {
namespace {

/// Sizes of what two values make together where missing and single axes repeat.
Sizes spread(const Sizes& x, const Sizes& y) {
  Sizes result(std::max(x.size(), y.size()));
  for (std::size_t i = 1; i <= result.size(); ++i) {
    const std::int64_t a = i <= x.size() ? x[x.size() - i] : 1, b = i <= y.size() ? y[y.size() - i] : 1;
    LP_ASSERT(a == b || a == 1 || b == 1);
    result[result.size() - i] = a == 1 ? b : a;
  }
  return result;
}

Sizes doubled(const Sizes& padding) {
  Sizes both;
  for (const std::int64_t side : padding) both.insert(both.end(), {side, side});
  return both;
}

std::vector<Argument> window_arguments(Function& function, const Var& x, const Var& weight,
                                       const std::optional<Var>& bias, const Window& window) {
  std::vector<Argument> arguments = {{"x", {x}},
                                     {"weight", {weight}},
                                     {"strides", {function.integers(window.stride)}},
                                     {"pad_type", {function.text("custom")}},
                                     {"pad", {function.integers(doubled(window.padding))}},
                                     {"dilations", {function.integers(window.dilation)}},
                                     {"groups", {function.integer(window.groups)}}};
  if (bias) arguments.push_back({"bias", {*bias}});
  return arguments;
}

/// gather's parameters are not the same in all versions.
constexpr int batched_gather_version = 7, validated_gather_version = 8;

}  // namespace

Var conv(Function& function, const std::string& hint, const Var& x, const Var& weight,
         const std::optional<Var>& bias, const Window& window) {
  Sizes sizes = {x.size(0), weight.size(0)};
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t in = x.size(i + 2), reach = (weight.size(i + 2) - 1) * window.dilation[i] + 1;
    sizes.push_back((in + 2 * window.padding[i] - reach) / window.stride[i] + 1);
  }
  return function.add("conv", hint, window_arguments(function, x, weight, bias, window),
                      {x.type.element, sizes});
}

Var conv_transpose(Function& function, const std::string& hint, const Var& x, const Var& weight,
                   const std::optional<Var>& bias, const Window& window) {
  Sizes sizes = {x.size(0), weight.size(1)};
  for (std::size_t i = 0; i < 2; ++i)
    sizes.push_back((x.size(i + 2) - 1) * window.stride[i] + weight.size(i + 2) - 2 * window.padding[i]);
  return function.add("conv_transpose", hint, window_arguments(function, x, weight, bias, window),
                      {x.type.element, sizes});
}

Var linear(Function& function, const std::string& hint, const Var& x, const Var& weight,
           const std::optional<Var>& bias) {
  Sizes sizes = x.type.sizes;
  sizes.back() = weight.size(0);
  // coremltools always writes a bias here; whether Core ML can do without is not known.
  const Type type{x.type.element, {weight.size(0)}};
  const Var offset =
      bias ? *bias : function.constant(hint, type, std::vector<std::byte>(size_bytes(type), std::byte{0}));
  return function.add("linear", hint, {{"x", {x}}, {"weight", {weight}}, {"bias", {offset}}},
                      {x.type.element, sizes});
}

Var matmul(Function& function, const std::string& hint, const Var& x, const Var& y, MatmulOptions options) {
  const std::size_t row_x = x.rank() - (options.transpose_x ? 1 : 2), inner_x = 2 * x.rank() - 3 - row_x,
                    column_y = y.rank() - (options.transpose_y ? 2 : 1),
                    inner_y = 2 * y.rank() - 3 - column_y;
  LP_ASSERT(x.size(inner_x) == y.size(inner_y));
  Sizes sizes =
      spread({x.type.sizes.begin(), x.type.sizes.end() - 2}, {y.type.sizes.begin(), y.type.sizes.end() - 2});
  sizes.insert(sizes.end(), {x.size(row_x), y.size(column_y)});
  return function.add("matmul", hint,
                      {{"x", {x}},
                       {"y", {y}},
                       {"transpose_x", {function.boolean(options.transpose_x)}},
                       {"transpose_y", {function.boolean(options.transpose_y)}}},
                      {x.type.element, sizes});
}

Var unary(Function& function, std::string_view operation, const std::string& hint, const Var& x) {
  return function.add(operation, hint, {{"x", {x}}}, x.type);
}

Var elementwise(Function& function, std::string_view operation, const std::string& hint, const Var& x,
                const Var& y) {
  return function.add(operation, hint, {{"x", {x}}, {"y", {y}}},
                      {x.type.element, spread(x.type.sizes, y.type.sizes)});
}

Var compare(Function& function, std::string_view operation, const std::string& hint, const Var& x,
            const Var& y) {
  return function.add(operation, hint, {{"x", {x}}, {"y", {y}}},
                      {Element::boolean, spread(x.type.sizes, y.type.sizes)});
}

Var select(Function& function, const std::string& hint, const Var& condition, const Var& a, const Var& b) {
  const Sizes sizes = spread(condition.type.sizes, spread(a.type.sizes, b.type.sizes));
  return function.add("select", hint, {{"cond", {condition}}, {"a", {a}}, {"b", {b}}},
                      {a.type.element, sizes});
}

Var cast(Function& function, const std::string& hint, const Var& x, Element element) {
  if (x.type.element == element) return x;
  return function.add("cast", hint, {{"x", {x}}, {"dtype", {function.text(codes(element).name)}}},
                      {element, x.type.sizes});
}

Var softmax(Function& function, const std::string& hint, const Var& x, std::int64_t axis) {
  return function.add("softmax", hint, {{"x", {x}}, {"axis", {function.integer(axis)}}}, x.type);
}

Var reduce(Function& function, std::string_view operation, const std::string& hint, const Var& x,
           const Sizes& axes) {
  Sizes sizes = x.type.sizes;
  for (const std::int64_t axis : axes) sizes.at(static_cast<std::size_t>(axis)) = 1;
  return function.add(
      operation, hint,
      {{"x", {x}}, {"axes", {function.integers(axes)}}, {"keep_dims", {function.boolean(true)}}},
      {x.type.element, sizes});
}

Var layer_norm(Function& function, const std::string& hint, const Var& x, std::int64_t axis,
               const Var& weight, const Var& bias, float epsilon) {
  // f16 has no smaller number than 2^-24: what is nothing there would divide by nothing.
  const float least = x.type.element == Element::f16 ? 0x1p-24F : 0.0F;
  return function.add("layer_norm", hint,
                      {{"x", {x}},
                       {"axes", {function.integers(Sizes{axis})}},
                       {"gamma", {weight}},
                       {"beta", {bias}},
                       {"epsilon", {function.number(std::max(epsilon, least), x.type.element)}}},
                      x.type);
}

Var reshape(Function& function, const std::string& hint, const Var& x, const Sizes& sizes) {
  if (x.type.sizes == sizes) return x;
  LP_ASSERT(elements(sizes) == elements(x.type.sizes));
  return function.add("reshape", hint, {{"x", {x}}, {"shape", {function.integers(sizes)}}},
                      {x.type.element, sizes});
}

Var transpose(Function& function, const std::string& hint, const Var& x, const Sizes& order) {
  Sizes sizes;
  for (const std::int64_t axis : order) sizes.push_back(x.size(static_cast<std::size_t>(axis)));
  return function.add("transpose", hint, {{"x", {x}}, {"perm", {function.integers(order)}}},
                      {x.type.element, sizes});
}

Var concat(Function& function, const std::string& hint, const std::vector<Var>& parts, std::int64_t axis) {
  const auto at = static_cast<std::size_t>(axis);
  Sizes sizes = parts.front().type.sizes;
  sizes.at(at) = 0;
  for (const Var& part : parts) sizes[at] += part.size(at);
  return function.add(
      "concat", hint,
      {{"values", parts}, {"axis", {function.integer(axis)}}, {"interleave", {function.boolean(false)}}},
      {parts.front().type.element, sizes});
}

Var slice(Function& function, const std::string& hint, const Var& x, std::int64_t axis, std::int64_t from,
          std::int64_t size) {
  const auto at = static_cast<std::size_t>(axis);
  if (size == x.size(at)) return x;
  Sizes begin(x.rank(), 0), sizes = x.type.sizes;
  begin[at] = from;
  sizes[at] = size;
  // Other axes are taken whole, which -1 says.
  Sizes extent(x.rank(), -1);
  extent[at] = size;
  return function.add(
      "slice_by_size", hint,
      {{"x", {x}}, {"begin", {function.integers(begin)}}, {"size", {function.integers(extent)}}},
      {x.type.element, sizes});
}

std::vector<Var> split(Function& function, const std::string& hint, const Var& x, std::int64_t axis,
                       const Sizes& parts) {
  std::vector<Type> results;
  for (const std::int64_t part : parts) {
    results.push_back(x.type);
    results.back().sizes.at(static_cast<std::size_t>(axis)) = part;
  }
  return function.add("split", hint,
                      {{"x", {x}},
                       {"num_splits", {function.integer(static_cast<std::int64_t>(parts.size()))}},
                       {"split_sizes", {function.integers(parts)}},
                       {"axis", {function.integer(axis)}}},
                      results);
}

Var pad(Function& function, const std::string& hint, const Var& x, std::int64_t axis, Padding padding,
        float value) {
  if (padding.before == 0 && padding.after == 0) return x;
  const auto at = static_cast<std::size_t>(axis);
  Sizes sizes = x.type.sizes, sides(2 * x.rank(), 0);
  sizes[at] += padding.before + padding.after;
  sides[2 * at] = padding.before;
  sides[2 * at + 1] = padding.after;
  return function.add("pad", hint,
                      {{"x", {x}},
                       {"pad", {function.integers(sides)}},
                       {"mode", {function.text("constant")}},
                       {"constant_val", {function.number(value, x.type.element)}}},
                      {x.type.element, sizes});
}

Var cumsum(Function& function, const std::string& hint, const Var& x, std::int64_t axis) {
  return function.add("cumsum", hint,
                      {{"x", {x}},
                       {"axis", {function.integer(axis)}},
                       {"exclusive", {function.boolean(false)}},
                       {"reverse", {function.boolean(false)}}},
                      x.type);
}

Var fill(Function& function, const std::string& hint, float value, const Type& type) {
  const Var shape = function.integers(type.sizes), number = function.number(value, type.element);
  return function.add("fill", hint, {{"shape", {shape}}, {"value", {number}}}, type);
}

Var tile(Function& function, const std::string& hint, const Var& x, const Sizes& times) {
  Sizes sizes = x.type.sizes;
  for (std::size_t i = 0; i < sizes.size(); ++i) sizes[i] *= times[i];
  return function.add("tile", hint, {{"x", {x}}, {"reps", {function.integers(times)}}},
                      {x.type.element, sizes});
}

Var gather(Function& function, const std::string& hint, const Var& x, const Var& indices, std::int64_t axis) {
  Sizes sizes(x.type.sizes.begin(), x.type.sizes.begin() + axis);
  sizes.insert(sizes.end(), indices.type.sizes.begin(), indices.type.sizes.end());
  sizes.insert(sizes.end(), x.type.sizes.begin() + axis + 1, x.type.sizes.end());
  std::vector<Argument> arguments = {{"x", {x}}, {"indices", {indices}}, {"axis", {function.integer(axis)}}};
  if (function.version() >= batched_gather_version)
    arguments.push_back({"batch_dims", {function.integer(0)}});
  if (function.version() >= validated_gather_version)
    arguments.push_back({"validate_indices", {function.boolean(false)}});
  return function.add("gather", hint, arguments, {x.type.element, sizes});
}

Var max_pool(Function& function, const std::string& hint, const Var& x, std::int64_t kernel,
             std::int64_t stride, std::int64_t padding) {
  Sizes sizes = x.type.sizes;
  for (std::size_t i = 2; i < 4; ++i) sizes[i] = (sizes[i] + 2 * padding - kernel) / stride + 1;
  return function.add("max_pool", hint,
                      {{"x", {x}},
                       {"kernel_sizes", {function.integers(Sizes{kernel, kernel})}},
                       {"strides", {function.integers(Sizes{stride, stride})}},
                       {"pad_type", {function.text("custom")}},
                       {"pad", {function.integers(Sizes(4, padding))}},
                       {"ceil_mode", {function.boolean(false)}}},
                      {x.type.element, sizes});
}

Var upsample(Function& function, const std::string& hint, const Var& x, std::int64_t factor) {
  Sizes sizes = x.type.sizes;
  sizes[2] *= factor;
  sizes[3] *= factor;
  return function.add("upsample_nearest_neighbor", hint,
                      {{"x", {x}},
                       {"scale_factor_height", {function.integer(factor)}},
                       {"scale_factor_width", {function.integer(factor)}}},
                      {x.type.element, sizes});
}

}  // namespace lp::coreml::mil
