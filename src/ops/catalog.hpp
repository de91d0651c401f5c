#pragma once
#include "ops/op.hpp"

#include <span>

namespace lp {

/// What is known of an op before one is made: for graph text, tests and documentation.
struct OpType {
  std::string_view family, name, doc, signature;
  const std::type_info* type;
  std::vector<Attribute> defaults;
  /// An op with these attributes, the others at their defaults. @throws Error{bad_model} for one it does not
  /// have.
  Op (*make)(std::span<const Attribute> attributes);
};

/// Every op, family by family.
std::span<const OpType> op_catalog();

/// The op called `name`. @throws Error{bad_model} naming the nearest.
const OpType& find_op(std::string_view name);

}  // namespace lp
