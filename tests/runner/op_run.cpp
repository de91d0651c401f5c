#include "runner/op_run.hpp"

#include "ops/catalog.hpp"
#include "support/formula.hpp"

#include <list>

namespace lp {
namespace {

bool is_weight(const TestTensor& tensor) {
  return tensor.name == "weight" || tensor.name == "bias";
}

std::vector<float> values_of(const OpTest& test, const TestTensor& tensor) {
  if (!tensor.values.empty()) return tensor.values;
  std::vector<float> values;
  for (const double u : formula_uniform(test.name + "." + tensor.name, elements(tensor.shape)))
    values.push_back(static_cast<float>(2 * u - 1));
  return values;
}

}  // namespace

Graph op_graph(const OpTest& test) {
  Graph graph("test");
  std::vector<int> inputs;
  std::vector<std::optional<Shape>> shapes;
  for (const auto& tensor : test.inputs) {
    shapes.push_back(tensor ? std::optional(tensor->shape) : std::nullopt);
    inputs.push_back(!tensor ? -1
                             : graph.add(is_weight(*tensor) ? Op(Weight{tensor->name}) : Op(Input{}), {},
                                         tensor->shape, tensor->name, Here::current()));
  }
  const Op op = find_op(test.op).make(test.attributes);
  const Shape shape = op.infer(shapes);
  graph.outputs = {{"y", graph.add(op, inputs, shape, "y", Here::current())}};
  return graph;
}

std::vector<float> run_op(const OpTest& test, const Backend& backend, DType type) {
  const Graph graph = op_graph(test);
  std::list<std::vector<float>> data;
  std::vector<TensorView> inputs;
  Checkpoint checkpoint;
  checkpoint.file = test.name;
  for (const auto& tensor : test.inputs) {
    if (!tensor) continue;
    std::vector<float>& values = data.emplace_back(values_of(test, *tensor));
    if (is_weight(*tensor))
      checkpoint.tensors.emplace(
          tensor->name, StoredTensor{DType::f32, sizes(tensor->shape), std::as_bytes(std::span(values))});
    else
      inputs.push_back({DType::f32, sizes(tensor->shape), {}, values.data()});
  }
  std::vector<float> output(static_cast<std::size_t>(elements(graph[graph.outputs[0].id].shape)));
  const TensorView out{DType::f32, sizes(graph[graph.outputs[0].id].shape), {}, output.data()};
  const CompileOptions options{.policy = PrecisionPolicy("", type), .threads = 1};
  backend.compile(graph, backend.weights(checkpoint), options)->instance()->run(inputs, std::span(&out, 1));
  return output;
}

}  // namespace lp
