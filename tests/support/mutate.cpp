#include "support/mutate.hpp"

#include "base/error.hpp"

#include <cstring>
#include <map>

namespace lp {

void permute_weight(Checkpoint& checkpoint, const std::string& path) {
  const auto it = checkpoint.tensors.find(path);
  if (it == checkpoint.tensors.end() || it->second.shape.empty())
    fail(Fault::bad_model, "no tensor `{}`", path);
  StoredTensor& tensor = it->second;
  const auto slices = static_cast<std::size_t>(tensor.shape[0]);
  const std::size_t slice_bytes = tensor.data.size() / slices;
  const auto turned = std::make_shared<std::vector<std::byte>>(tensor.data.size());
  for (std::size_t i = 0; i < slices; ++i)
    std::memcpy(turned->data() + i * slice_bytes, tensor.data.data() + (slices - 1 - i) * slice_bytes,
                slice_bytes);
  tensor.data = *turned;
  // The copy and the old storage live as long as the checkpoint does.
  checkpoint.storage = std::make_shared<std::pair<std::shared_ptr<const void>, std::shared_ptr<const void>>>(
      turned, checkpoint.storage);
}

Graph skip_block(const Graph& graph, const std::string& block) {
  int skipped = -1;
  for (int id = 0; id < graph.size(); ++id)
    if (graph[id].name == block) skipped = id;
  if (skipped < 0) fail(Fault::bad_model, "no value `{}`", block);
  int instead = -1;
  for (int id = skipped - 1; id >= 0 && instead < 0; --id)
    if (graph[id].op.as<Weight>() == nullptr && same_sizes(graph[id].shape, graph[skipped].shape) &&
        block.starts_with(graph[id].name.substr(0, graph[id].name.find('.'))))
      instead = id;
  if (instead < 0) fail(Fault::bad_model, "nothing before `{}` has its shape", block);
  Graph changed(graph.name);
  for (int id = 0; id < graph.size(); ++id) {
    std::vector<int> inputs = graph[id].inputs;
    for (int& input : inputs)
      if (input == skipped) input = instead;
    changed.add(graph[id].op, inputs, graph[id].shape, graph[id].name, graph[id].at);
  }
  changed.outputs = graph.outputs;
  return changed;
}

}  // namespace lp
