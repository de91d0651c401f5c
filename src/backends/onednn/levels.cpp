#include "backends/onednn/levels.hpp"

#include "ops/pool.hpp"
#include "ops/resize.hpp"
#include "ops/shaping.hpp"

#include <algorithm>

namespace lp::onednn {
namespace {

/// Whether a node's values are some of its only input's.
bool only_moves(const Op& op) {
  return op.as<op::Slice>() != nullptr || op.as<op::MaxPool2d>() != nullptr ||
         op.as<op::ResizeNearest>() != nullptr || op.as<op::Flatten>() != nullptr ||
         op.as<op::Unflatten>() != nullptr || op.as<op::Transpose>() != nullptr;
}

}  // namespace

std::vector<std::optional<op::Levels>> find_levels(const Graph& graph) {
  std::vector<std::optional<op::Levels>> levels(static_cast<std::size_t>(graph.size()));
  for (int id = 0; id < graph.size(); ++id) {
    const Node& node = graph[id];
    auto& own = levels[static_cast<std::size_t>(id)];
    const auto of = [&](int input) { return levels[static_cast<std::size_t>(input)]; };
    if (const auto* const quantize = node.op.as<op::Quantize>(); quantize != nullptr) {
      own = quantize->levels();
    } else if (only_moves(node.op)) {
      own = of(node.inputs[0]);
    } else if (node.op.as<op::Concat>() != nullptr) {
      const bool same = std::all_of(node.inputs.begin(), node.inputs.end(),
                                    [&](int input) { return of(input) == of(node.inputs[0]); });
      if (same) own = of(node.inputs[0]);
    }
  }
  return levels;
}

}  // namespace lp::onednn
