#pragma once
#include "ops/op.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lp {

/// One input or output of a case: its axes and, in a `case`, its values.
struct TestTensor {
  std::string name;
  Shape shape;
  std::vector<float> values;  // empty: drawn by formula
};

/// One block of a tests/ops/*.test file:
///
///   case NAME                      values by hand
///     OP attribute=value ...
///     INPUT [sizes] values...
///     -> [sizes] values...
///
///   sweep NAME                     inputs by formula, every backend against the reference
///     OP attribute=value ...
///     INPUT [sizes]
///
///   error NAME                     the sentence that the op answers with
///     OP attribute=value ...
///     INPUT [sizes]
///     says SENTENCE
///
/// Sizes are [1, 3, 8, 8] (axes are then called n c h w, b s d, s d or d by their number) or [n=1, c=3];
/// `INPUT _` leaves an optional input out; weights are inputs like all others. `#` starts a comment.
struct OpTest {
  enum class Kind { values, sweep, error };
  Kind kind = Kind::values;
  std::string name, file;
  int line = 0;
  std::string op;
  std::vector<Attribute> attributes;
  std::vector<std::optional<TestTensor>> inputs;
  TestTensor expected;
  std::string says;
};

/// @throws Error{bad_input} naming file and line of what cannot be read.
std::vector<OpTest> read_op_tests(const std::filesystem::path& file);

}  // namespace lp
