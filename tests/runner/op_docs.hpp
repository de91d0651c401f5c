#pragma once
#include "runner/op_test.hpp"

#include <span>
#include <string>

namespace lp {

/// docs/ops.md: every op with its contract, and which runtime computes it in which type for all shapes of its
/// tests.
std::string op_docs(std::span<const OpTest> tests);

}  // namespace lp
