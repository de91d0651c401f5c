#include "quantize/levels.hpp"

#include "base/error.hpp"
#include "formats/tensor_data.hpp"
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
      : graph_(graph),
        wanted_(index(graph.size())),
        leader_(index(graph.size())),
        linear_readers_(index(graph.size())),
        only_linear_(index(graph.size()), true) {
    std::iota(leader_.begin(), leader_.end(), 0);
    for (const QuantizableLayer& layer : quantizable_layers(graph)) {
      if (!weights.contains(layer.weight)) continue;
      const std::size_t read = index(graph[layer.id].inputs[0]);
      wanted_[read] = true;
      const bool linear = graph[layer.id].op.as<op::Linear>() != nullptr;
      linear ? linear_readers_[read].push_back(layer) : static_cast<void>(only_linear_[read] = false);
    }
    for (int id = graph.size(); id-- > 0;)
      if (wanted_[index(id)] && only_moves(graph[id].op))
        for (const int from : graph[id].inputs) {
          wanted_[index(from)] = true;
          only_linear_[index(from)] = false;
          leader_[index(find(from))] = find(id);
        }
  }

  /// Whether a value is computed and then rounded to levels.
  bool is_rounded(int id) const { return wanted_[index(id)] && !only_moves(graph_[id].op); }

  /// The layers that read a rounded value, if all are linear and read it as it is.
  std::vector<QuantizableLayer> smoothable(int id) const {
    return is_rounded(id) && only_linear_[index(id)] ? linear_readers_[index(id)]
                                                     : std::vector<QuantizableLayer>();
  }

  int find(int id) const {
    while (leader_[index(id)] != id) id = leader_[index(id)];
    return id;
  }

 private:
  const Graph& graph_;
  std::vector<bool> wanted_;
  std::vector<int> leader_;
  std::vector<std::vector<QuantizableLayer>> linear_readers_;
  std::vector<bool> only_linear_;
};

/// The factors that the layers' weights share; null if they have none.
/// @throws Error{bad_model} if they do not fit the value or each other.
std::shared_ptr<const std::vector<float>> factors_of(const Graph& graph, int value,
                                                     const std::vector<QuantizableLayer>& layers,
                                                     const Smoothing& smoothing) {
  std::shared_ptr<const std::vector<float>> factors;
  for (const QuantizableLayer& layer : layers) {
    const auto it = smoothing.find(layer.weight);
    const auto own = it == smoothing.end() ? nullptr : it->second;
    const bool same = &layer == &layers.front() ? true : (own && factors ? *own == *factors : own == factors);
    if (!same || (own && static_cast<std::int64_t>(own->size()) != graph[value].shape.back().size.size()))
      fail(Fault::bad_model, "`{}`: its smoothing is not that of the other layers that read `{}`",
           layer.weight, graph[value].name);
    factors = own;
  }
  return factors;
}

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

std::map<std::string, std::vector<std::string>> values_to_smooth(const Graph& graph, const Weights& weights) {
  const Groups groups(graph, weights);
  std::map<std::string, std::vector<std::string>> values;
  for (int id = 0; id < graph.size(); ++id)
    for (const QuantizableLayer& layer : groups.smoothable(id))
      values[graph[id].name].push_back(layer.weight);
  return values;
}

Graph with_levels(const Graph& graph, const Weights& weights, const Ranges& ranges,
                  const Smoothing& smoothing) {
  LP_ASSERT(graph.symbols().empty());
  const Groups groups(graph, weights);
  const std::map<int, Range> joined = ranges_of_groups(graph, groups, ranges);
  Graph result(graph.name);
  // Its numbers; what others read; what the layers read that a value is smoothed for, by the layer.
  std::vector<int> plain(index(graph.size())), read(index(graph.size()));
  std::map<int, int> smoothed;
  for (int id = 0; id < graph.size(); ++id) {
    const Node& node = graph[id];
    std::vector<int> inputs;
    for (const int from : node.inputs) inputs.push_back(from < 0 ? -1 : read[index(from)]);
    if (const auto it = smoothed.find(id); it != smoothed.end()) inputs[0] = it->second;
    plain[index(id)] = read[index(id)] = result.add(node.op, inputs, node.shape, node.name, node.at);
    if (!groups.is_rounded(id)) continue;
    const Range range = joined.at(groups.find(id));
    const op::Quantize rounding{range.low, range.high};
    (void)rounding.levels();
    const std::vector<QuantizableLayer> layers = groups.smoothable(id);
    const auto factors = factors_of(graph, id, layers, smoothing);
    std::vector<int> from = {plain[index(id)]};
    if (factors)
      from.push_back(result.add(Constant{factors}, {}, {{"d", static_cast<std::int64_t>(factors->size())}},
                                node.name + ".smoothing", node.at));
    const int levels = result.add(rounding, from, node.shape, node.name + ".levels", node.at);
    if (!factors) read[index(id)] = levels;
    for (const QuantizableLayer& layer : layers)
      if (factors) smoothed[layer.id] = levels;
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

Smoothing smoothing_of(const Checkpoint& checkpoint) {
  Smoothing all;
  for (const auto& [path, tensor] : checkpoint.tensors)
    if (!tensor.smoothing.empty())
      all.emplace(path, std::make_shared<const std::vector<float>>(smoothing_of(tensor)));
  return all;
}

}  // namespace lp
