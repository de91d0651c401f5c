#include "quantize/levels.hpp"

#include "base/error.hpp"
#include "ops/conv.hpp"
#include "ops/linear.hpp"
#include "ops/moves.hpp"
#include "ops/quant.hpp"

#include <numeric>

namespace lp {
namespace {

using Weights = std::set<std::string, std::less<>>;

std::size_t index(int id) {
  return static_cast<std::size_t>(id);
}

/// Which values are to have levels, and which of them share their range.
class Groups {
 public:
  Groups(const Graph& graph, const Weights& weights)
      : graph_(graph), wanted_(index(graph.size())), leader_(index(graph.size())) {
    std::iota(leader_.begin(), leader_.end(), 0);
    for (const QuantizableLayer& layer : quantizable_layers(graph))
      if (weights.contains(layer.weight)) wanted_[index(graph[layer.id].inputs[0])] = true;
    for (int id = graph.size(); id-- > 0;)
      if (wanted_[index(id)] && only_moves(graph[id].op))
        for (const int from : graph[id].inputs) {
          wanted_[index(from)] = true;
          leader_[index(find(from))] = find(id);
        }
  }

  /// Whether a value is computed and then rounded to levels.
  bool is_rounded(int id) const { return wanted_[index(id)] && !only_moves(graph_[id].op); }

  int find(int id) const {
    while (leader_[index(id)] != id) id = leader_[index(id)];
    return id;
  }

 private:
  const Graph& graph_;
  std::vector<bool> wanted_;
  std::vector<int> leader_;
};

std::map<int, Range> ranges_of_groups(const Graph& graph, const Groups& groups, const Ranges& ranges) {
  std::map<int, Range> joined;
  for (int id = 0; id < graph.size(); ++id) {
    if (!groups.is_rounded(id)) continue;
    const auto range = ranges.find(graph[id].name);
    if (range == ranges.end()) fail(Fault::bad_model, "no range was measured for `{}`", graph[id].name);
    const auto [it, is_new] = joined.emplace(groups.find(id), range->second);
    if (!is_new) it->second = join(it->second, range->second);
  }
  return joined;
}

}  // namespace

std::vector<QuantizableLayer> quantizable_layers(const Graph& graph) {
  std::vector<QuantizableLayer> layers;
  for (int id = 0; id < graph.size(); ++id) {
    const Node& node = graph[id];
    const auto* const conv = node.op.as<op::Conv2d>();
    const bool computes = (conv != nullptr && conv->groups == 1) || node.op.as<op::Linear>() != nullptr;
    if (!computes || graph[node.inputs[0]].op.as<Weight>() != nullptr) continue;
    if (const auto* const weight = graph[node.inputs[1]].op.as<Weight>(); weight != nullptr)
      layers.push_back({id, weight->path, graph.flops(id)});
  }
  return layers;
}

std::set<std::string> values_to_measure(const Graph& graph, const Weights& weights) {
  const Groups groups(graph, weights);
  std::set<std::string> names;
  for (int id = 0; id < graph.size(); ++id)
    if (groups.is_rounded(id)) names.insert(graph[id].name);
  return names;
}

Graph with_levels(const Graph& graph, const Weights& weights, const Ranges& ranges) {
  LP_ASSERT(graph.symbols().empty());
  const Groups groups(graph, weights);
  const std::map<int, Range> joined = ranges_of_groups(graph, groups, ranges);
  Graph result(graph.name);
  std::vector<int> plain(index(graph.size())), read(index(graph.size()));  // its numbers; what others read
  for (int id = 0; id < graph.size(); ++id) {
    const Node& node = graph[id];
    std::vector<int> inputs;
    for (const int from : node.inputs) inputs.push_back(from < 0 ? -1 : read[index(from)]);
    plain[index(id)] = read[index(id)] = result.add(node.op, inputs, node.shape, node.name, node.at);
    if (!groups.is_rounded(id)) continue;
    const Range range = joined.at(groups.find(id));
    const op::Quantize rounding{range.low, range.high};
    (void)rounding.levels();
    read[index(id)] = result.add(rounding, {plain[index(id)]}, node.shape, node.name + ".levels", node.at);
  }
  for (const Graph::Output& output : graph.outputs)
    result.outputs.push_back({output.name, plain[index(output.id)]});
  return result;
}

Weights quantized_weights(const Checkpoint& checkpoint) {
  Weights paths;
  for (const auto& [path, tensor] : checkpoint.tensors)
    if (!tensor.scales.empty()) paths.insert(path);
  return paths;
}

}  // namespace lp
