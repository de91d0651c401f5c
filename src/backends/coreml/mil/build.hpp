#pragma once
#include "backends/coreml/mil/function.hpp"

#include <optional>
#include <string>
#include <vector>

namespace lp::coreml::mil {

/// Operations of a program with every parameter written out, also those that have a default, and the types of
/// their results. Source of names, types and meaning: the MIL ops of coremltools 9.0 (iOS 15 to 18).

struct Window {
  Sizes stride = {1, 1}, padding = {0, 0}, dilation = {1, 1};  // padding: on both sides of each axis
  std::int64_t groups = 1;
};

/// x [n, c, h, w], weight [co, c / groups, kh, kw], bias [co].
Var conv(Function& function, const std::string& hint, const Var& x, const Var& weight,
         const std::optional<Var>& bias, const Window& window);
/// x [n, c, h, w], weight [c, co, kh, kw], bias [co].
Var conv_transpose(Function& function, const std::string& hint, const Var& x, const Var& weight,
                   const std::optional<Var>& bias, const Window& window);
/// x [.., c] of at most 3 axes, weight [co, c], bias [co].
Var linear(Function& function, const std::string& hint, const Var& x, const Var& weight,
           const std::optional<Var>& bias);

/// Products of the last two axes; those before repeat as in `elementwise`.
struct MatmulOptions {
  bool transpose_x = false, transpose_y = false;
};
Var matmul(Function& function, const std::string& hint, const Var& x, const Var& y, MatmulOptions options);

/// An operation on x alone that keeps its type: silu, relu, exp, sqrt, ...
Var unary(Function& function, std::string_view operation, const std::string& hint, const Var& x);
/// An operation on each pair of elements: add, mul, real_div, ...; missing and single axes repeat.
Var elementwise(Function& function, std::string_view operation, const std::string& hint, const Var& x,
                const Var& y);
/// The same, giving truths: less, greater_equal, ...
Var compare(Function& function, std::string_view operation, const std::string& hint, const Var& x,
            const Var& y);
/// a where `condition` holds, else b; missing and single axes repeat.
Var select(Function& function, const std::string& hint, const Var& condition, const Var& a, const Var& b);
/// x itself where it has that type already.
Var cast(Function& function, const std::string& hint, const Var& x, Element element);

Var softmax(Function& function, const std::string& hint, const Var& x, std::int64_t axis);
/// reduce_sum, reduce_mean, reduce_max, ... over axes, which stay with size 1.
Var reduce(Function& function, std::string_view operation, const std::string& hint, const Var& x,
           const Sizes& axes);
/// Over one axis; weight and bias have its size.
Var layer_norm(Function& function, const std::string& hint, const Var& x, std::int64_t axis,
               const Var& weight, const Var& bias, float epsilon);

/// x itself where it has those sizes.
Var reshape(Function& function, const std::string& hint, const Var& x, const Sizes& sizes);
Var transpose(Function& function, const std::string& hint, const Var& x, const Sizes& order);
Var concat(Function& function, const std::string& hint, const std::vector<Var>& parts, std::int64_t axis);
/// `size` elements of one axis from `from` on; x itself where that is all.
Var slice(Function& function, const std::string& hint, const Var& x, std::int64_t axis, std::int64_t from,
          std::int64_t size);
/// One axis in parts of these sizes, which add up to it.
std::vector<Var> split(Function& function, const std::string& hint, const Var& x, std::int64_t axis,
                       const Sizes& parts);
/// How much is put before and after the elements of an axis.
struct Padding {
  std::int64_t before = 0, after = 0;
};
/// x itself where that is nothing.
Var pad(Function& function, const std::string& hint, const Var& x, std::int64_t axis, Padding padding,
        float value = 0);
/// Sums of all elements up to each one, itself included.
Var cumsum(Function& function, const std::string& hint, const Var& x, std::int64_t axis);
/// The same number everywhere.
Var fill(Function& function, const std::string& hint, float value, const Type& type);
Var tile(Function& function, const std::string& hint, const Var& x, const Sizes& times);
/// Rows (of `axis`) of x that `indices` name.
Var gather(Function& function, const std::string& hint, const Var& x, const Var& indices, std::int64_t axis);

Var max_pool(Function& function, const std::string& hint, const Var& x, std::int64_t kernel,
             std::int64_t stride, std::int64_t padding);
/// Pictures [n, c, h, w] whose pixels repeat.
Var upsample(Function& function, const std::string& hint, const Var& x, std::int64_t factor);

}  // namespace lp::coreml::mil
