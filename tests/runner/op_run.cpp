#include "runner/op_run.hpp"

#include "base/error.hpp"
#include "ops/catalog.hpp"
#include "support/formula.hpp"

#include <algorithm>
#include <list>

namespace lp {
namespace {

/// What stands for an input of the test: the op's signature and `updates` say it, names say it of weights.
Op given(const Op& op, std::size_t position, const TestTensor& tensor) {
  if (takes_integers(op.signature(), position)) return Indices{};
  if (op.updates() == static_cast<int>(position)) return StateValue{};
  if (tensor.name == "weight" || tensor.name == "bias") return Weight{tensor.name};
  return Input{};
}

}  // namespace

std::vector<float> input_values(const OpTest& test, const std::string& input) {
  const auto named = [&](const auto& each) { return each && each->name == input; };
  const TestTensor& tensor = **std::find_if(test.inputs.begin(), test.inputs.end(), named);
  if (!tensor.values.empty()) return tensor.values;
  std::vector<float> values;
  for (const double u : formula_uniform(test.name + "." + tensor.name, elements(tensor.shape)))
    values.push_back(static_cast<float>(2 * u - 1));
  return values;
}

Graph op_graph(const OpTest& test) {
  Graph graph("test");
  const Op op = find_op(test.op).make(test.attributes);
  std::vector<int> inputs;
  std::vector<std::optional<Shape>> shapes;
  for (std::size_t i = 0; i < test.inputs.size(); ++i) {
    const auto& tensor = test.inputs[i];
    shapes.push_back(tensor ? std::optional(tensor->shape) : std::nullopt);
    inputs.push_back(
        !tensor ? -1 : graph.add(given(op, i, *tensor), {}, tensor->shape, tensor->name, Here::current()));
  }
  const Shape shape = op.infer(shapes);
  graph.outputs = {{"y", graph.add(op, inputs, shape, "y", Here::current())}};
  return graph;
}

std::vector<float> run_op(const OpTest& test, const Backend& backend, DType type) {
  const Graph graph = op_graph(test);
  const PrecisionPolicy policy("", type);
  const Graph* const graphs = &graph;
  const std::unique_ptr<States> states = backend.states(std::span(&graphs, 1), policy);
  std::list<std::vector<float>> data;
  std::list<std::vector<std::int32_t>> whole;
  std::vector<TensorView> inputs;
  Checkpoint checkpoint;
  checkpoint.file = test.name;
  for (int id = 0; id < graph.size(); ++id) {
    const Node& node = graph[id];
    if (!node.given()) continue;
    std::vector<float>& values = data.emplace_back(input_values(test, node.name));
    if (node.op.as<Weight>() != nullptr)
      checkpoint.tensors.emplace(
          node.name, StoredTensor{DType::f32, sizes(node.shape), std::as_bytes(std::span(values))});
    else if (node.op.as<StateValue>() != nullptr)
      states->write(node.name, values);
    else if (node.op.as<Indices>() != nullptr)
      inputs.push_back(
          {DType::i32, sizes(node.shape), {}, whole.emplace_back(values.begin(), values.end()).data()});
    else
      inputs.push_back({DType::f32, sizes(node.shape), {}, values.data()});
  }
  std::vector<float> output(static_cast<std::size_t>(elements(graph[graph.outputs[0].id].shape)));
  const TensorView out{DType::f32, sizes(graph[graph.outputs[0].id].shape), {}, output.data()};
  const CompileOptions options{.policy = policy, .threads = 1};
  backend.compile(graph, backend.weights(checkpoint), options)
      ->instance()
      ->run({inputs, std::span(&out, 1), states.get()});
  for (const Graph::StateVersions& state : graph.states())
    if (states->read(graph[state.first].name) != output)
      fail(Fault::internal, "the state that the run left is not the value of the op");
  return output;
}

}  // namespace lp
