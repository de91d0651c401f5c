#include "ir/verify.hpp"

#include "base/error.hpp"

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
  if (node.op.as<Input>() != nullptr || node.op.as<Weight>() != nullptr) return;
  const Shape inferred = node.op.infer(shapes);
  if (text(inferred) != text(node.shape))
    fail(Fault::bad_model, "graph {}: `{}` is {}, but {} makes {} of its inputs", graph.name, node.name,
         text(node.shape), node.op.name(), text(inferred));
}

}  // namespace

void verify(const Graph& graph) {
  std::set<std::string_view> names;
  for (int id = 0; id < graph.size(); ++id) {
    verify_node(graph, id);
    if (!names.insert(graph[id].name).second)
      fail(Fault::bad_model, "graph {}: two values are called `{}`", graph.name, graph[id].name);
  }
  if (graph.outputs.empty()) fail(Fault::bad_model, "graph {}: it has no outputs", graph.name);
  for (const Graph::Output& output : graph.outputs)
    if (output.id < 0 || output.id >= graph.size())
      fail(Fault::bad_model, "graph {}: output `{}` is value {}, of {}", graph.name, output.name, output.id,
           graph.size());
}

}  // namespace lp
