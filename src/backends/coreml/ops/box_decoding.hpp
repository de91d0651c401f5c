#pragma once
#include "backends/coreml/emission.hpp"

namespace lp::coreml {

/// Whether a concat joins the boxes of several levels that nobody else reads: they are decoded together then.
bool joins_boxes(const Emission& emission, int id);

/// Boxes of all these levels (nodes of DflBoxes), one after the other, [n, 4, anchors].
Var decode_boxes(Emission& emission, const std::vector<int>& levels, const std::string& name);

}  // namespace lp::coreml
