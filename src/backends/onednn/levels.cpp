#include "backends/onednn/levels.hpp"

#include "ops/linear.hpp"
#include "ops/moves.hpp"

#include <algorithm>

namespace lp::onednn {
namespace {

/// Whether each value is read by linear layers alone, as what they multiply.
std::vector<bool> read_by_linear(const Graph& graph) {
  std::vector<bool> only(static_cast<std::size_t>(graph.size()), true);
  for (int id = 0; id < graph.size(); ++id)
    for (std::size_t i = 0; i < graph[id].inputs.size(); ++i)
      if (const int from = graph[id].inputs[i];
          from >= 0 && (i > 0 || graph[id].op.as<op::Linear>() == nullptr))
        only[static_cast<std::size_t>(from)] = false;
  for (const Graph::Output& output : graph.outputs) only[static_cast<std::size_t>(output.id)] = false;
  return only;
}

}  // namespace

std::optional<int> smoothing_of(const Node& node) {
  const bool smooths = node.op.as<op::Quantize>() != nullptr && node.inputs.size() > 1 && node.inputs[1] >= 0;
  return smooths ? std::optional(node.inputs[1]) : std::nullopt;
}

std::vector<std::optional<op::Levels>> find_levels(const Graph& graph) {
  std::vector<std::optional<op::Levels>> levels(static_cast<std::size_t>(graph.size()));
  const std::vector<bool> only_linear = read_by_linear(graph);
  for (int id = 0; id < graph.size(); ++id) {
    const Node& node = graph[id];
    auto& own = levels[static_cast<std::size_t>(id)];
    const auto of = [&](int input) { return levels[static_cast<std::size_t>(input)]; };
    if (const auto* const quantize = node.op.as<op::Quantize>(); quantize != nullptr) {
      if (!smoothing_of(node) || only_linear[static_cast<std::size_t>(id)]) own = quantize->levels();
    } else if (only_moves(node.op)) {
      const bool same = std::all_of(node.inputs.begin(), node.inputs.end(),
                                    [&](int input) { return of(input) == of(node.inputs[0]); });
      if (same) own = of(node.inputs[0]);
    }
  }
  return levels;
}

}  // namespace lp::onednn
