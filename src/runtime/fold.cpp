#include "runtime/fold.hpp"

#include "backends/backend.hpp"
#include "base/error.hpp"

#include <algorithm>

namespace lp {
namespace {

/// Whether a node's numbers are known before anything is computed.
bool is_known(const Node& node) {
  return node.op.as<Weight>() != nullptr || node.op.as<Constant>() != nullptr;
}

/// By node id: whether a value is computed of such numbers alone.
std::vector<bool> find_constants(const Graph& graph) {
  std::vector<bool> constant(static_cast<std::size_t>(graph.size()), false);
  const auto is_fixed = [&](int id) {
    return id < 0 || constant[static_cast<std::size_t>(id)] || is_known(graph[id]);
  };
  for (int id = 0; id < graph.size(); ++id) {
    const Node& node = graph[id];
    constant[static_cast<std::size_t>(id)] = !node.given() && !node.inputs.empty() &&
                                             std::all_of(node.inputs.begin(), node.inputs.end(), is_fixed);
  }
  return constant;
}

/// By node id: whether something that stays in the graph reads the value.
std::vector<bool> find_read(const Graph& graph, const std::vector<bool>& constant) {
  std::vector<bool> read(constant.size(), false);
  for (int id = 0; id < graph.size(); ++id)
    if (!constant[static_cast<std::size_t>(id)])
      for (const int from : graph[id].inputs)
        if (from >= 0) read[static_cast<std::size_t>(from)] = true;
  for (const Graph::Output& output : graph.outputs) read[static_cast<std::size_t>(output.id)] = true;
  return read;
}

/// Copies nodes from one graph to another, keeping what number each has there.
class Copier {
 public:
  Copier(const Graph& from, Graph& to)
      : from_(from), to_(to), numbers_(static_cast<std::size_t>(from.size()), -1) {}

  void add(int id, const Op& op, const std::vector<int>& inputs) {
    const Node& node = from_[id];
    std::vector<int> renumbered;
    for (const int input : inputs) renumbered.push_back(input < 0 ? -1 : (*this)[input]);
    numbers_[static_cast<std::size_t>(id)] = to_.add(op, renumbered, node.shape, node.name, node.at);
  }
  int operator[](int id) const { return numbers_[static_cast<std::size_t>(id)]; }

 private:
  const Graph& from_;
  Graph& to_;
  std::vector<int> numbers_;
};

/// Values of constants that something reads, computed by the reference.
std::vector<std::shared_ptr<const std::vector<float>>> compute(const Graph& graph,
                                                               const Checkpoint& checkpoint,
                                                               const std::vector<bool>& constant,
                                                               const std::vector<bool>& read) {
  Graph part("constants");
  Copier copier(graph, part);
  std::vector<std::vector<float>> results;
  std::vector<TensorView> outputs;
  for (int id = 0; id < graph.size(); ++id) {
    const auto at = static_cast<std::size_t>(id);
    if (!constant[at] && !is_known(graph[id])) continue;
    copier.add(id, graph[id].op, graph[id].inputs);
    if (constant[at] && read[at]) {
      part.outputs.push_back({graph[id].name, copier[id]});
      results.emplace_back(static_cast<std::size_t>(elements(graph[id].shape)));
    }
  }
  for (std::size_t i = 0; i < results.size(); ++i)
    outputs.push_back({DType::f32, sizes(part[part.outputs[i].id].shape), {}, results[i].data()});
  const Backend& reference = find_backend("reference");
  reference.compile(part, reference.weights(checkpoint), {})->instance()->run({{}, outputs});
  std::vector<std::shared_ptr<const std::vector<float>>> values;
  values.reserve(results.size());
  for (std::vector<float>& result : results)
    values.push_back(std::make_shared<const std::vector<float>>(std::move(result)));
  return values;
}

}  // namespace

Graph fold_constants(const Graph& graph, const Checkpoint& checkpoint) {
  LP_ASSERT(graph.symbols().empty());
  const std::vector<bool> constant = find_constants(graph), read = find_read(graph, constant);
  const auto values = compute(graph, checkpoint, constant, read);
  Graph folded(graph.name);
  Copier copier(graph, folded);
  std::size_t next = 0;
  for (int id = 0; id < graph.size(); ++id) {
    const auto at = static_cast<std::size_t>(id);
    const bool leaf = constant[at] || is_known(graph[id]);
    if (leaf && !read[at]) continue;
    if (constant[at])
      copier.add(id, Constant{values[next++]}, {});
    else
      copier.add(id, graph[id].op, graph[id].inputs);
  }
  for (const Graph::Output& output : graph.outputs)
    folded.outputs.push_back({output.name, copier[output.id]});
  return folded;
}

}  // namespace lp
