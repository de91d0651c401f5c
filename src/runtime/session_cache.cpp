#include "runtime/session_cache.hpp"

#include <algorithm>

namespace lp {

SessionCache::SessionCache(LoadedModel loaded, std::size_t most)
    : loaded_(std::move(loaded)), most_(std::max<std::size_t>(most, 1)) {}

Session& SessionCache::at(const BuildOptions& sizes, const std::string& graph) {
  const auto found = std::find_if(sessions_.begin(), sessions_.end(), [&](const Session& session) {
    return session.options().sizes == sizes && session.options().graph == graph;
  });
  if (found != sessions_.end()) {
    sessions_.splice(sessions_.begin(), sessions_, found);
  } else {
    while (sessions_.size() >= most_) sessions_.pop_back();
    sessions_.emplace_front(loaded_, SessionOptions{.sizes = sizes, .graph = graph, .keep = {}});
  }
  return sessions_.front();
}

void SessionCache::rest_others(const Session& running) {
  for (Session& session : sessions_)
    if (&session != &running && session.options().graph == running.options().graph) session.rest();
}

std::map<std::string, std::vector<float>> run_to_values(Session& session,
                                                        std::span<const TensorView> inputs) {
  const Graph& graph = session.graph();
  std::map<std::string, std::vector<float>> values;
  std::vector<TensorView> outputs;
  for (const Graph::Output& output : graph.outputs) {
    const Shape& shape = graph[output.id].shape;
    std::vector<float>& data = values[output.name];
    data.resize(static_cast<std::size_t>(elements(shape)));
    outputs.push_back({DType::f32, sizes(shape), {}, data.data()});
  }
  const std::unique_ptr<States> states = session.new_states();
  session.run({inputs, outputs, states.get()});
  return values;
}

}  // namespace lp
