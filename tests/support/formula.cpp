#include "support/formula.hpp"

#include <cmath>
#include <list>
#include <memory>

namespace lp {
namespace {

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

std::uint64_t finalize(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

}  // namespace

std::vector<double> formula_uniform(std::string_view name, std::int64_t count) {
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(count));
  std::uint64_t state = fnv1a(name);
  for (std::int64_t i = 0; i < count; ++i) {
    state += 0x9E3779B97F4A7C15;
    values.push_back(static_cast<double>(finalize(state) >> 40) / (1 << 24));
  }
  return values;
}

std::vector<float> formula_weight(std::string_view name, const std::vector<std::int64_t>& shape,
                                  double gain) {
  std::int64_t fan_in = 1;
  for (std::size_t axis = 1; axis < shape.size(); ++axis) fan_in *= shape[axis];
  const double amplitude = shape.size() > 1 ? gain * std::sqrt(3.0 / static_cast<double>(fan_in)) : 0.1;
  std::vector<float> values;
  for (const double u : formula_uniform(name, shape.front() * fan_in))
    values.push_back(static_cast<float>((2 * u - 1) * amplitude));
  return values;
}

Checkpoint formula_checkpoint(const Graph& graph, double gain) {
  Checkpoint checkpoint;
  checkpoint.file = "weights by formula";
  const auto data = std::make_shared<std::list<std::vector<float>>>();
  for (int id = 0; id < graph.size(); ++id) {
    const Weight* weight = graph[id].op.as<Weight>();
    if (weight == nullptr) continue;
    const std::vector<std::int64_t> shape = sizes(graph[id].shape);
    const auto& values = data->emplace_back(formula_weight(weight->path, shape, gain));
    checkpoint.tensors[weight->path] = {DType::f32, shape, std::as_bytes(std::span(values))};
  }
  checkpoint.storage = data;
  return checkpoint;
}

}  // namespace lp
