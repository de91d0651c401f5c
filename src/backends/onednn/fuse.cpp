#include "backends/onednn/fuse.hpp"

#include "ops/activation.hpp"
#include "ops/conv.hpp"
#include "ops/elementwise.hpp"

#include <algorithm>

namespace lp::onednn {

bool is_kept(const std::vector<std::string>& keep, const std::string& value) {
  return std::any_of(keep.begin(), keep.end(), [&](const std::string& k) { return k == "*" || k == value; });
}

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

  Fusion fusion;
  fusion.epilogues.resize(uses.size());
  fusion.absorbed.resize(uses.size(), false);
  for (int id = 0; id < graph.size(); ++id) {
    Epilogue& epilogue = fusion.epilogues[static_cast<std::size_t>(id)];
    epilogue.output = id;
    if (graph[id].op.as<op::Conv2d>() == nullptr) continue;
    const auto absorb = [&](int next) {
      fusion.absorbed[static_cast<std::size_t>(next)] = true;
      epilogue.output = next;
    };
    if (const int next = only_reader(id); next >= 0 && graph[next].op.as<op::Silu>() != nullptr) {
      epilogue.silu = true;
      absorb(next);
    }
    if (const int next = only_reader(epilogue.output); next >= 0 && graph[next].op.as<op::Add>() != nullptr) {
      const std::vector<int>& terms = graph[next].inputs;
      const int other = terms[0] == epilogue.output ? terms[1] : terms[0];
      if (other < id && other != epilogue.output) {
        epilogue.residual = other;
        absorb(next);
      }
    }
  }
  return fusion;
}

}  // namespace lp::onednn
