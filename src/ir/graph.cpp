#include "ir/graph.hpp"

#include "base/error.hpp"

#include <algorithm>

namespace lp {

bool Node::given() const {
  return op.as<Input>() != nullptr || op.as<Indices>() != nullptr || op.as<StateValue>() != nullptr ||
         op.as<Weight>() != nullptr || op.as<Constant>() != nullptr;
}

int Graph::add(Op op, std::vector<int> inputs, Shape shape, std::string value_name, Here at) {
  if (value_name.empty())
    value_name = inputs.empty() ? std::string(op.name())
                                : fmt::format("{}.{}", (*this)[inputs.front()].name, op.name());
  value_name = unique(std::move(value_name));
  names_.insert(std::lower_bound(names_.begin(), names_.end(), value_name), value_name);
  nodes_.push_back({std::move(op), std::move(inputs), std::move(shape), std::move(value_name), at});
  return size() - 1;
}

void Graph::rename(int id, const std::string& value_name) {
  Node& node = nodes_[static_cast<std::size_t>(id)];
  if (node.name == value_name) return;
  names_.erase(std::lower_bound(names_.begin(), names_.end(), node.name));
  node.name = unique(value_name);
  names_.insert(std::lower_bound(names_.begin(), names_.end(), node.name), node.name);
}

std::string Graph::unique(std::string value_name) const {
  const auto taken = [&](const std::string& text) {
    return std::binary_search(names_.begin(), names_.end(), text);
  };
  if (!taken(value_name)) return value_name;
  int number = 2;
  while (taken(fmt::format("{}#{}", value_name, number))) ++number;
  return fmt::format("{}#{}", value_name, number);
}

std::vector<int> Graph::inputs() const {
  std::vector<int> ids;
  for (int id = 0; id < size(); ++id)
    if (const Op& op = (*this)[id].op; op.as<Input>() != nullptr || op.as<Indices>() != nullptr)
      ids.push_back(id);
  return ids;
}

std::vector<Graph::StateVersions> Graph::states() const {
  std::vector<StateVersions> states;
  for (int id = 0; id < size(); ++id) {
    const Node& node = (*this)[id];
    if (node.op.as<StateValue>() != nullptr) states.push_back({id, id});
    if (node.op.updates() < 0) continue;
    const int before = node.inputs[static_cast<std::size_t>(node.op.updates())];
    for (StateVersions& each : states)
      if (each.last == before) each.last = id;
  }
  return states;
}

std::vector<int> Graph::use_counts() const {
  std::vector<int> counts(nodes_.size(), 0);
  for (const Node& node : nodes_)
    for (const int id : node.inputs)
      if (id >= 0) ++counts[static_cast<std::size_t>(id)];
  for (const Output& output : outputs) ++counts[static_cast<std::size_t>(output.id)];
  return counts;
}

double Graph::flops(int id) const {
  const Node& node = (*this)[id];
  std::vector<std::optional<Shape>> shapes;
  for (const int from : node.inputs)
    shapes.push_back(from < 0 ? std::nullopt : std::optional((*this)[from].shape));
  return node.op.flops(shapes, node.shape);
}

Tensor input(Graph& graph, const std::string& value_name, const Shape& shape, Here at) {
  return {&graph, graph.add(Input{}, {}, shape, value_name, at)};
}

Tensor indices(Graph& graph, const std::string& value_name, const Shape& shape, Here at) {
  return {&graph, graph.add(Indices{}, {}, shape, value_name, at)};
}

Tensor state(Graph& graph, const std::string& value_name, const Shape& shape, Here at) {
  if (shape.size() != 3 || !shape[1].size.fixed() || shape[1].size.size() % 32 != 0)
    fail(Fault::bad_model, "state `{}` {}: it is [b, t, d], t a multiple of 32 ({})", value_name, text(shape),
         text(at));
  return {&graph, graph.add(StateValue{}, {}, shape, value_name, at)};
}

void check_number_kinds(const Op& op, const Graph& graph, const std::vector<int>& inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i] < 0) continue;
    const Node& from = graph[inputs[i]];
    const bool whole = from.op.as<Indices>() != nullptr;
    if (whole == takes_integers(op.signature(), i)) continue;
    const std::vector<std::string> names = input_names(op.signature());
    fail(Fault::bad_model, "{}: `{}` takes {} numbers, but `{}` holds {} ones", op.name(),
         names[std::min(i, names.size() - 1)], whole ? "real" : "whole", from.name, whole ? "whole" : "real");
  }
}

Tensor apply(const Op& op, const std::vector<std::optional<Tensor>>& inputs, const std::string& value_name,
             Here at) {
  LP_ASSERT(!inputs.empty() && inputs.front());
  Graph* const graph = inputs.front()->graph;
  std::vector<std::optional<Shape>> shapes;
  std::vector<int> ids;
  for (const auto& tensor : inputs) {
    shapes.push_back(tensor ? std::optional(tensor->shape()) : std::nullopt);
    ids.push_back(tensor ? tensor->id : -1);
  }
  try {
    Shape shape = op.infer(shapes);
    check_number_kinds(op, *graph, ids);
    return {graph, graph->add(op, std::move(ids), std::move(shape), value_name, at)};
  } catch (const Error& error) {
    fail(error.fault(), "{} ({})", error.what(), text(at));
  }
}

Tensor named(Tensor x, const std::string& value_name) {
  x.graph->rename(x.id, value_name);
  return x;
}

std::string text(const Here& at) {
  const std::string_view path = at.file_name();
  const std::size_t src = path.rfind("src/");
  return fmt::format("{}:{}", src == std::string_view::npos ? path : path.substr(src), at.line());
}

}  // namespace lp
