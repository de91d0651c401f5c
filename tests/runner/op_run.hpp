#pragma once
#include "backends/backend.hpp"
#include "runner/op_test.hpp"

#include <vector>

namespace lp {

/// The op of a test as a graph: inputs called `weight` and `bias` are weights, one that the op updates is a
/// state, the others are what the caller passes.
/// @throws Error{bad_model} in the op's own words.
Graph op_graph(const OpTest& test);

/// The values of one of the test's inputs: those it gives, else drawn by formula.
std::vector<float> input_values(const OpTest& test, const std::string& input);

/// Computes the test's op on one backend in `type`, row-major f32; a state must be left as the op's value.
/// Inputs without values are drawn by formula, in [-1, 1).
/// @throws Error{unsupported} where the backend cannot.
std::vector<float> run_op(const OpTest& test, const Backend& backend, DType type);

}  // namespace lp
