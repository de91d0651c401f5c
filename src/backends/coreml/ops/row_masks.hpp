#pragma once
#include "backends/coreml/emission.hpp"

namespace lp::coreml {

/// 0, 1, .. `count` - 1 as whole numbers along one of four axes.
Var row_numbers(Emission& emission, std::int64_t count, std::size_t axis);

/// Which rows of a sequence in the form of channels count: 1 for the first `times` lengths[i], 0 for the
/// others, [b, 1, 1, rows].
Var row_mask(Emission& emission, const std::string& name, const Var& lengths, std::int64_t times,
             std::int64_t rows, Element element);

}  // namespace lp::coreml
