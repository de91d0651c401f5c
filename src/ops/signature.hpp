#pragma once
#include "ops/shape.hpp"

#include <map>
#include <optional>
#include <span>
#include <string_view>

namespace lp {

/// The letters of an op's signature, bound to the axes of its actual inputs.
struct Dims {
  std::map<std::string, Axis, std::less<>> bound;
  Shape rest;  // what "*" matched
  Dim& operator[](std::string_view letter) { return bound[std::string(letter)].size; }
  const Dim& at(std::string_view letter) const { return bound.find(letter)->second.size; }
};

/// What an op is given: a shape for each input of its signature, in order; nothing for an optional one left
/// out.
using InputShapes = std::span<const std::optional<Shape>>;

/// The size of an axis of an input. @throws Error{bad_model} if the input was left out.
std::int64_t size_of(InputShapes inputs, std::size_t input, std::size_t axis);

/// Matches inputs against a signature such as "x[*, c] weight?[c] -> [*, c]". `?` marks an optional input,
/// `*` any number of leading axes, `:int` whole numbers; a letter that comes twice must have one size.
/// @throws Error{bad_model} naming the op, the input, the axis and both sizes.
Dims match(std::string_view op, std::string_view signature, InputShapes inputs);

/// The output shape that the signature promises. An axis keeps the name it came with unless renamed ("c=co").
Shape output(std::string_view signature, const Dims& dims);

/// Names of the inputs in a signature, in order: {"x", "weight", "bias"}.
std::vector<std::string> input_names(std::string_view signature);

/// Whether an input, by its position, holds whole numbers ("at:int[b]"); all others hold real ones.
bool takes_integers(std::string_view signature, std::size_t input);

}  // namespace lp
