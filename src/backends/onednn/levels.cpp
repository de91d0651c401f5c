#include "backends/onednn/levels.hpp"

#include "ops/moves.hpp"

#include <algorithm>

namespace lp::onednn {
std::vector<std::optional<op::Levels>> find_levels(const Graph& graph) {
  std::vector<std::optional<op::Levels>> levels(static_cast<std::size_t>(graph.size()));
  for (int id = 0; id < graph.size(); ++id) {
    const Node& node = graph[id];
    auto& own = levels[static_cast<std::size_t>(id)];
    const auto of = [&](int input) { return levels[static_cast<std::size_t>(input)]; };
    if (const auto* const quantize = node.op.as<op::Quantize>(); quantize != nullptr) {
      own = quantize->levels();
    } else if (only_moves(node.op)) {
      const bool same = std::all_of(node.inputs.begin(), node.inputs.end(),
                                    [&](int input) { return of(input) == of(node.inputs[0]); });
      if (same) own = of(node.inputs[0]);
    }
  }
  return levels;
}

}  // namespace lp::onednn
