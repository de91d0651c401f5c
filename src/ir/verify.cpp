#include "ir/verify.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace lp {
namespace {

void verify_node(const Graph& graph, int id) {
  const Node& node = graph[id];
  std::vector<std::optional<Shape>> shapes;
  for (const int from : node.inputs) {
    if (from >= id)
      fail(Fault::bad_model, "graph {}: `{}` reads value {}, which is made after it", graph.name, node.name,
           from);
    shapes.push_back(from < 0 ? std::nullopt : std::optional(graph[from].shape));
  }
  if (node.given()) return;
  check_number_kinds(node.op, graph, node.inputs);
  const Shape inferred = node.op.infer(shapes);
  if (text(inferred) != text(node.shape))
    fail(Fault::bad_model, "graph {}: `{}` is {}, but {} makes {} of its inputs", graph.name, node.name,
         text(node.shape), node.op.name(), text(inferred));
}

/// States change in place: each version is followed by one other at most, and read by nobody after that.
void verify_states(const Graph& graph) {
  std::vector<int> next(static_cast<std::size_t>(graph.size()), -1);  // the version that follows a value
  for (int id = 0; id < graph.size(); ++id) {
    const Node& node = graph[id];
    const int updated = node.op.updates() < 0 ? -1 : node.inputs[static_cast<std::size_t>(node.op.updates())];
    for (const int from : node.inputs)
      if (from >= 0 && next[static_cast<std::size_t>(from)] >= 0)
        fail(Fault::bad_model, "graph {}: `{}` reads `{}`, which `{}` has replaced", graph.name, node.name,
             graph[from].name, graph[next[static_cast<std::size_t>(from)]].name);
    if (updated < 0) continue;
    if (graph[updated].op.as<StateValue>() == nullptr && graph[updated].op.updates() < 0)
      fail(Fault::bad_model, "graph {}: {} `{}` changes `{}`, which is no state", graph.name, node.op.name(),
           node.name, graph[updated].name);
    next[static_cast<std::size_t>(updated)] = id;
  }
  for (const Graph::Output& output : graph.outputs)
    if (const int after = next[static_cast<std::size_t>(output.id)]; after >= 0)
      fail(Fault::bad_model, "graph {}: output `{}` is `{}`, which `{}` has replaced", graph.name,
           output.name, graph[output.id].name, graph[after].name);
}

}  // namespace

void verify(const Graph& graph) {
  std::set<std::string_view> names;
  for (int id = 0; id < graph.size(); ++id) {
    verify_node(graph, id);
    if (!names.insert(graph[id].name).second)
      fail(Fault::bad_model, "graph {}: two values are called `{}`", graph.name, graph[id].name);
  }
  const auto changes = [](const Graph::StateVersions& state) { return state.first != state.last; };
  if (graph.outputs.empty() && std::ranges::none_of(graph.states(), changes))
    fail(Fault::bad_model, "graph {}: it has no outputs", graph.name);
  for (const Graph::Output& output : graph.outputs)
    if (output.id < 0 || output.id >= graph.size())
      fail(Fault::bad_model, "graph {}: output `{}` is value {}, of {}", graph.name, output.name, output.id,
           graph.size());
  verify_states(graph);
}

}  // namespace lp
