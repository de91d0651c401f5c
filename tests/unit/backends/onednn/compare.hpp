#pragma once
#include "backends/onednn/builder.hpp"
#include "support/formula.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <list>

namespace lp::onednn {

using TooSlow = std::function<bool(const std::string&)>;

/// What runs a graph of one output: real inputs by formula, whole ones `index`.
struct Runner {
  const Graph& graph;
  std::int32_t index = 0;
  std::vector<std::string> kernels = {};

  std::vector<float> operator()(const Executable& executable) {
    std::list<std::vector<float>> real;
    std::list<std::vector<std::int32_t>> whole;
    std::vector<TensorView> in;
    for (const int id : graph.inputs()) {
      const Shape& shape = graph[id].shape;
      const auto count = static_cast<std::size_t>(elements(shape));
      if (graph[id].op.as<Indices>() != nullptr) {
        in.push_back({DType::i32, sizes(shape), {}, whole.emplace_back(count, index).data()});
        continue;
      }
      std::vector<float>& x = real.emplace_back();
      for (const double u : formula_uniform(graph[id].name, elements(shape)))
        x.push_back(static_cast<float>(2 * u - 1));
      in.push_back({DType::f32, sizes(shape), {}, x.data()});
    }
    const Shape& shape = graph[graph.outputs[0].id].shape;
    std::vector<float> y(static_cast<std::size_t>(elements(shape)));
    const TensorView out{DType::f32, sizes(shape), {}, y.data()};
    const auto instance = executable.instance();
    for (const StepProfile& step : instance->profile({in, std::span(&out, 1)}))
      kernels.push_back(step.kernel);
    return y;
  }
};

/// Runs `graph` without the kernels that are `too_slow`, compares with the reference, and gives the kernels
/// that ran. `index`: what whole inputs hold.
inline std::vector<std::string> check(const Graph& graph, const TooSlow& too_slow, std::int32_t index = 0,
                                      const CompileOptions& options = {}) {
  const Checkpoint checkpoint = formula_checkpoint(graph, 1.0);
  const Backend& reference = find_backend("reference");
  Runner run{graph, index};
  const std::vector<float> expected = run(*reference.compile(graph, reference.weights(checkpoint), {}));
  run.kernels.clear();
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  const auto weights = std::make_shared<PackedWeights>(checkpoint, engine);
  const std::vector<float> found =
      run(*make_executable(Builder(graph, weights, options, engine, too_slow).build()));
  double worst = 0;
  for (std::size_t i = 0; i < found.size(); ++i)
    worst = std::max(worst, static_cast<double>(std::fabs(found[i] - expected[i])));
  CHECK(worst < 1e-5);
  return run.kernels;
}

inline bool has(const std::vector<std::string>& kernels, const std::string& kernel) {
  return std::find(kernels.begin(), kernels.end(), kernel) != kernels.end();
}

}  // namespace lp::onednn
