#pragma once
#include "backends/coreml/mil/type.hpp"
#include "base/dtype.hpp"
#include "ir/graph.hpp"

#include <vector>

namespace lp::coreml {

/// What each value of a graph is computed in, by id. All in f32 where that is `precision`. In f16, which
/// holds 11 bits up to 65504, four kinds of values are f32 all the same: pixel coordinates of boxes and what
/// is made of them; what a logarithm is taken of, back to the input (the power of a sound spans 10 decades);
/// lengths of vectors (a sum of squares); splines, whose bins are a thousandth of all wide, and more.
std::vector<mil::Element> choose_elements(const Graph& graph, DType precision);

}  // namespace lp::coreml
