#include "backends/onednn/fuse.hpp"

#include "backends/onednn/levels.hpp"
#include "ops/activation.hpp"
#include "ops/conv.hpp"
#include "ops/elementwise.hpp"
#include "ops/linear.hpp"
#include "ops/quant.hpp"

#include <algorithm>

namespace lp::onednn {

bool is_kept(const std::vector<std::string>& keep, const std::string& value) {
  return std::any_of(keep.begin(), keep.end(), [&](const std::string& k) { return k == "*" || k == value; });
}

namespace {

/// What oneDNN computes of one number of a convolution's result, whatever comes before or behind.
bool is_activation(const Op& op) {
  return op.as<op::Silu>() != nullptr || op.as<op::Relu>() != nullptr || op.as<op::Gelu>() != nullptr ||
         op.as<op::LeakyRelu>() != nullptr || op.as<op::Tanh>() != nullptr;
}

bool is_activation(const Op& op, bool linear) {
  return op.as<op::Silu>() != nullptr || op.as<op::Relu>() != nullptr ||
         (linear && op.as<op::Gelu>() != nullptr);
}

/// Whether a node multiplies `value` by a weight that has one number for each element of the last axis.
bool scales_last_axis(const Graph& graph, int node, int value) {
  const Node& product = graph[node];
  if (product.op.as<op::Multiply>() == nullptr || product.inputs[0] != value) return false;
  const Node& scale = graph[product.inputs[1]];
  return scale.op.as<Weight>() != nullptr && elements(scale.shape) == product.shape.back().size.size() &&
         scale.shape.back().size == product.shape.back().size;
}

/// Whether a node multiplies `value` by one number that the graph knows.
bool multiplies_by_number(const Graph& graph, int node, int value) {
  const Node& product = graph[node];
  if (product.op.as<op::Multiply>() == nullptr || product.inputs[0] != value) return false;
  const Node& factor = graph[product.inputs[1]];
  return factor.op.as<Constant>() != nullptr && elements(factor.shape) == 1;
}

/// What a node adds to `value`, of the same shape; -1 for another node.
int other_term(const Graph& graph, int node, int value) {
  if (graph[node].op.as<op::Add>() == nullptr) return -1;
  const std::vector<int>& terms = graph[node].inputs;
  const int other = terms[0] == value ? terms[1] : terms[0];
  const bool fits = other != value && graph[other].op.as<Weight>() == nullptr &&
                    same_sizes(graph[other].shape, graph[value].shape);
  return fits ? other : -1;
}

}  // namespace

Fusion find_fusions(const Graph& graph, const std::vector<std::string>& keep) {
  const std::vector<int> uses = graph.use_counts();
  std::vector<int> reader(uses.size(), -1);  // the last node that reads a value: the only one where uses is 1
  for (int id = 0; id < graph.size(); ++id)
    for (const int from : graph[id].inputs)
      if (from >= 0) reader[static_cast<std::size_t>(from)] = id;

  // The only reader of a value that nobody else needs, or -1 (a graph output counts as a use, but has no
  // reader).
  const auto only_reader = [&](int id) {
    const auto at = static_cast<std::size_t>(id);
    return uses[at] == 1 && !is_kept(keep, graph[id].name) ? reader[at] : -1;
  };

  const auto levels = find_levels(graph);
  Fusion fusion;
  fusion.epilogues.resize(uses.size());
  fusion.absorbed.resize(uses.size(), false);
  for (int id = 0; id < graph.size(); ++id) {
    Epilogue& epilogue = fusion.epilogues[static_cast<std::size_t>(id)];
    epilogue.output = id;
    // Both are products of matrices.
    const auto* const sequence = graph[id].op.as<op::Conv1d>();
    const bool linear =
        graph[id].op.as<op::Linear>() != nullptr || (sequence != nullptr && sequence->groups == 1);
    if (!linear && graph[id].op.as<op::Conv2d>() == nullptr) continue;
    const auto absorb = [&](PostOp step) {
      fusion.absorbed[static_cast<std::size_t>(step.node)] = true;
      epilogue.steps.push_back(step);
      epilogue.output = step.node;
    };
    constexpr std::size_t most_steps = 8;  // oneDNN takes 32, of which one of ours may need three
    while (sequence != nullptr && linear && epilogue.steps.size() < most_steps) {
      const int last = epilogue.output, next = only_reader(last);
      if (next < 0) break;
      const int term = other_term(graph, next, last);
      if (is_activation(graph[next].op))
        absorb({PostOp::Kind::activation, next});
      else if (multiplies_by_number(graph, next, last))
        absorb({PostOp::Kind::factor, next, graph[next].inputs[1]});
      else if (term >= 0 && term < id)
        absorb({PostOp::Kind::add, next, term});
      else
        break;
    }
    if (const int next = only_reader(epilogue.output); next >= 0 && is_activation(graph[next].op, linear))
      absorb({PostOp::Kind::activation, next});
    // Our own convolution has relu after a sum, not before it.
    const bool may_add =
        linear || epilogue.steps.empty() || graph[epilogue.output].op.as<op::Relu>() == nullptr;
    if (const int next = only_reader(epilogue.output);
        linear && next >= 0 && scales_last_axis(graph, next, epilogue.output))
      absorb({PostOp::Kind::scale, next, graph[next].inputs[1]});
    if (const int next = only_reader(epilogue.output); next >= 0 && may_add)
      if (const int term = other_term(graph, next, epilogue.output); term >= 0 && term < id)
        absorb({PostOp::Kind::add, next, term});
    if (const int next = only_reader(epilogue.output);  // of a residual block: behind the sum
        next >= 0 && !epilogue.steps.empty() && epilogue.steps.back().kind == PostOp::Kind::add &&
        graph[next].op.as<op::Relu>() != nullptr)
      absorb({PostOp::Kind::activation, next});
    if (const int next = only_reader(epilogue.output);
        next >= 0 && levels[static_cast<std::size_t>(next)] && graph[next].op.as<op::Quantize>() != nullptr) {
      const std::optional<int> factors = smoothing_of(graph[next]);
      if (factors && (!linear || graph[*factors].op.as<Constant>() == nullptr)) continue;
      if (factors) epilogue.steps.push_back({PostOp::Kind::scale, next, *factors});
      absorb({PostOp::Kind::quantize, next});
    }
  }
  return fusion;
}

}  // namespace lp::onednn
