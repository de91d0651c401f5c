// A small network: which values get levels, and that all runtimes compute it alike.
#include "quantize/levels.hpp"

#include "backends/backend.hpp"
#include "base/error.hpp"
#include "formats/tensor_data.hpp"
#include "nn/layers.hpp"
#include "ops/quant.hpp"
#include "quantize/weights.hpp"
#include "support/formula.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <list>

namespace lp {
namespace {

using namespace nn;

/// Two convolutions side by side behind one, a sum, pooling, and a linear layer on each pixel.
Graph network() {
  Graph graph;
  Binder binder(graph, nullptr);
  const Scope w(binder);
  const Tensor images = input(graph, "images", {{"n", 1}, {"c", 3}, {"h", 16}, {"w", 12}});
  const Tensor x = silu(conv2d(images, w / "first", 32, {.kernel = 3}));
  const Tensor left = silu(conv2d(x, w / "left", 32, {.kernel = 3})) + x;
  const Tensor right = silu(conv2d(x, w / "right", 24, {}));
  const Tensor both = concat({left, max_pool2d(right, 3, 1, 1)}, "c");
  const Tensor last = conv2d(both, w / "last", 16, {});
  graph.outputs = {{"y", last.id}, {"x", x.id}};
  return graph;
}

struct Network {
  Graph graph = network();
  Checkpoint checkpoint;
  std::list<std::vector<float>> floats;
  std::list<QuantizedTensor> quantized;
  Ranges ranges;

  explicit Network(const std::set<std::string, std::less<>>& weights) {
    checkpoint.file = "test";
    for (int id = 0; id < graph.size(); ++id) {
      const auto* const weight = graph[id].op.as<Weight>();
      if (weight == nullptr) continue;
      std::vector<float>& values = floats.emplace_back();
      const double size = graph[id].shape.size() > 1
                              ? 2.0 / std::sqrt(static_cast<double>(elements(graph[id].shape)) / 32)
                              : 0.5;
      for (const double u : formula_uniform(weight->path, elements(graph[id].shape)))
        values.push_back(static_cast<float>((2 * u - 1) * size));
      StoredTensor& tensor = checkpoint.tensors[weight->path];
      tensor = {DType::f32, sizes(graph[id].shape), std::as_bytes(std::span(values))};
      if (!weights.contains(weight->path)) continue;
      const QuantizedTensor& made = quantized.emplace_back(quantize_rows(values, tensor.shape.front()));
      tensor = {DType::i8, tensor.shape, std::as_bytes(std::span(made.numbers)),
                std::as_bytes(std::span(made.scales))};
    }
    run(graph, find_backend("reference"), &ranges);
    std::erase_if(
        ranges, [&](const auto& entry) { return !values_to_measure(graph, weights).contains(entry.first); });
  }

  /// The first output. `measured`: gets the ends of every value.
  std::vector<float> run(const Graph& made, const Backend& backend, Ranges* measured = nullptr) const {
    std::vector<float> image;
    for (const double u : formula_uniform("images", 3LL * 16 * 12)) image.push_back(static_cast<float>(u));
    const TensorView in{DType::f32, {1, 3, 16, 12}, {}, image.data()};
    std::vector<float> y(16 * 16 * 12), x(32 * 16 * 12);
    const std::array outputs = {TensorView{DType::f32, {1, 16, 16, 12}, {}, y.data()},
                                TensorView{DType::f32, {1, 32, 16, 12}, {}, x.data()}};
    CompileOptions options;
    if (measured != nullptr) options.keep = {"*"};
    const auto instance = backend.compile(made, backend.weights(checkpoint), options)->instance();
    instance->run({std::span(&in, 1), outputs});
    for (int id = 0; measured != nullptr && id < made.size(); ++id) {
      if (made[id].op.as<Weight>() != nullptr) continue;
      const std::vector<float> value = instance->value(made[id].name);
      const auto [least, most] = std::minmax_element(value.begin(), value.end());
      (*measured)[made[id].name] = {*least, *most};
    }
    return y;
  }
};

double relative(const std::vector<float>& found, const std::vector<float>& expected) {
  double error = 0, size = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    error += std::pow(double{found[i]} - expected[i], 2);
    size += std::pow(double{expected[i]}, 2);
  }
  return std::sqrt(error / size);
}

const std::set<std::string, std::less<>> all = {"first.weight", "left.weight", "right.weight", "last.weight"};

}  // namespace

TEST_CASE("what 8-bit layers read gets levels once, where it is made") {
  const Graph graph = network();
  CHECK(quantizable_layers(graph).size() == 4);
  const std::set<std::string> values = values_to_measure(graph, all);
  CHECK(values.size() == 4);  // the image, x, and the two behind the concat
  CHECK(values.contains("images"));
  CHECK(values_to_measure(graph, {"first.weight"}) == std::set<std::string>{"images"});
  CHECK(values_to_measure(graph, {}).empty());
}

TEST_CASE("a concat's parts share their range, and every runtime computes the same") {
  Network network(all);
  for (auto& [value, range] : network.ranges)
    if (value.starts_with("right")) range = {-0.1F, 50};
  const Graph made = with_levels(network.graph, all, network.ranges);
  std::set<float> highs;
  int count = 0;
  for (int id = 0; id < made.size(); ++id)
    if (const auto* const quantize = made[id].op.as<op::Quantize>(); quantize != nullptr) {
      highs.insert(quantize->high);
      ++count;
    }
  CHECK(count == 4);
  CHECK(highs.size() == 3);  // the image, x, both parts of the concat
  CHECK(*highs.rbegin() == 50);

  network = Network(all);
  const Graph fitting = with_levels(network.graph, all, network.ranges);
  const std::vector<float> exact = network.run(network.graph, find_backend("reference")),
                           expected = network.run(fitting, find_backend("reference"));
  CHECK(relative(expected, exact) < 0.03);
  CHECK(relative(expected, exact) > 1e-4);
  for (const Backend* backend : backends())
    if (backend->computes(DType::i8))
      // Whole numbers are exact; what is left is a level here and there, and weights that were made to fit
      // processors that add in 16 bits.
      CHECK_MESSAGE(relative(network.run(fitting, *backend), expected) < 0.02, backend->name());
}

TEST_CASE("layers that keep their numbers stand beside those that do not") {
  for (const char* kept : {"first.weight", "left.weight", "right.weight", "last.weight"}) {
    std::set<std::string, std::less<>> weights = all;
    weights.erase(kept);
    const Network network(weights);
    const Graph made = with_levels(network.graph, weights, network.ranges);
    const std::vector<float> expected = network.run(made, find_backend("reference"));
    for (const Backend* backend : backends())
      if (backend->computes(DType::i8))
        CHECK_MESSAGE(relative(network.run(made, *backend), expected) < 0.02, kept);
  }
}

TEST_CASE("a value without a range is named") {
  Network network(all);
  network.ranges.erase("images");
  CHECK_THROWS_WITH_AS(with_levels(network.graph, all, network.ranges), "no range was measured for `images`",
                       Error);
}

}  // namespace lp
