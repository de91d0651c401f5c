// Graphs that a plan must get right whatever it fuses, aliases and places: compared with the reference, with
// every value kept and as users run them.
#include "backends/backend.hpp"
#include "ir/verify.hpp"
#include "nn/layers.hpp"
#include "ops/quant.hpp"
#include "support/formula.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <list>

namespace lp {
namespace {

using nn::Conv;

const Shape picture = {{"n", 2}, {"c", 16}, {"h", 6}, {"w", 5}};

/// Values of all outputs of a graph, inputs and weights by formula.
std::vector<std::vector<float>> outputs_of(const Graph& graph, const Backend& backend,
                                           std::vector<std::string> keep) {
  const Checkpoint weights = formula_checkpoint(graph, 1.0);
  std::list<std::vector<float>> data;
  std::vector<TensorView> inputs, outputs;
  for (const int id : graph.inputs()) {
    std::vector<float>& values = data.emplace_back();
    for (const double u : formula_uniform(graph[id].name, elements(graph[id].shape)))
      values.push_back(static_cast<float>(2 * u - 1));
    inputs.push_back({DType::f32, sizes(graph[id].shape), {}, values.data()});
  }
  std::vector<std::vector<float>> results;
  for (const Graph::Output& output : graph.outputs)
    results.emplace_back(static_cast<std::size_t>(elements(graph[output.id].shape)));
  for (std::size_t i = 0; i < results.size(); ++i)
    outputs.push_back({DType::f32, sizes(graph[graph.outputs[i].id].shape), {}, results[i].data()});
  CompileOptions options;
  options.keep = std::move(keep);
  const auto instance = backend.compile(graph, backend.weights(weights), options)->instance();
  instance->run({inputs, outputs});
  instance->run({inputs, outputs});  // again: nothing of the first run may matter
  return results;
}

void check_same(const std::vector<std::vector<float>>& found,
                const std::vector<std::vector<float>>& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    double worst = 0;
    for (std::size_t j = 0; j < found[i].size(); ++j)
      worst = std::max(worst, static_cast<double>(std::fabs(found[i][j] - expected[i][j])));
    CHECK(worst < 1e-5);
  }
}

/// Builds a graph from the values that `build` returns for its input, and compares.
void check_graph(const std::function<std::vector<Tensor>(Tensor, Scope)>& build) {
  Graph graph;
  Binder binder(graph, nullptr);
  const Tensor x = input(graph, "x", picture);
  int number = 0;
  for (const Tensor output : build(x, Scope(binder)))
    graph.outputs.push_back({"y" + std::to_string(number++), output.id});
  verify(graph);
  const auto expected = outputs_of(graph, find_backend("reference"), {});
  check_same(outputs_of(graph, find_backend("onednn"), {}), expected);
  check_same(outputs_of(graph, find_backend("onednn"), {"*"}), expected);
}

Tensor scores(Tensor x) {
  return nn::flatten(nn::sigmoid(x), "h", "w", "a");
}

}  // namespace

TEST_CASE("activation, scale and sum inside a linear layer, at every rank") {
  for (const bool tokens : {false, true})
    check_graph([&](Tensor x, Scope w) {
      const Tensor in = tokens ? nn::transpose(nn::flatten(x, "h", "w", "s"), "n,s,c") : x;
      const std::int64_t width = in.shape().back().size.size();
      const Tensor hidden = nn::gelu(nn::linear(in, w / "a", 24));
      const Tensor scale = w("scale", {{"d", width}});
      const Tensor y = nn::multiply(nn::linear(hidden, w / "b", width), scale);
      return std::vector{nn::operator+(y, in), nn::layer_norm(nn::operator+(hidden, hidden), w / "n", 1e-5F)};
    });
}

TEST_CASE("values at levels are moved as they are, and read back exactly") {
  check_graph([](Tensor x, Scope) {
    const int id = x.graph->add(op::Quantize{-1, 1}, {x.id}, x.shape(), "x.levels", Here::current());
    const Tensor levels{x.graph, id};
    const Tensor row = nn::slice(levels, "h", 2, 1);
    const Tensor many = nn::repeat(row, "h", 3);
    return std::vector{many, nn::transpose(nn::concat({many, many}, "c"), "n,h,c,w"),
                       nn::resize_nearest(nn::max_pool2d(levels, 3, 1, 1), 2),
                       nn::unflatten(nn::flatten(levels, "h", "w", "s"), "s", "h", 6, "w")};
  });
}

TEST_CASE("one value twice in a concat") {
  check_graph([](Tensor x, Scope) { return std::vector{nn::concat({x, x}, "c")}; });
}

TEST_CASE("slices joined again, as they were and swapped") {
  check_graph([](Tensor x, Scope) {
    const auto half = nn::split(x, 2, "c");
    return std::vector{nn::concat({half[0], half[1]}, "c"), nn::concat({half[1], half[0]}, "c")};
  });
}

TEST_CASE("a value written into a concat that is also read elsewhere") {
  check_graph([](Tensor x, Scope) {
    const Tensor big = nn::resize_nearest(x, 2);
    return std::vector{nn::concat({big, nn::resize_nearest(x, 2)}, "c"), nn::max_pool2d(big, 3, 1, 1)};
  });
}

TEST_CASE("concats inside a concat that is an output, written in place") {
  check_graph([](Tensor x, Scope w) {
    const Tensor fine = nn::conv2d(x, w / "fine", 8),
                 coarse = nn::conv2d(x, w / "coarse", 8, {.kernel = 3, .stride = 2});
    return std::vector{nn::concat({scores(fine), scores(coarse)}, "a")};
  });
}

TEST_CASE("boxes and scores in one output, and the scores read again") {
  check_graph([](Tensor x, Scope w) {
    const Tensor boxes = nn::dfl_boxes(nn::conv2d(x, w / "box", 16), 4, 8);
    const Tensor score = scores(nn::conv2d(x, w / "score", 3));
    return std::vector{nn::concat({boxes, score}, "c"), nn::silu(score)};
  });
}

TEST_CASE("one value as two outputs, and an input as an output") {
  check_graph([](Tensor x, Scope) {
    const Tensor y = nn::silu(x);
    return std::vector{y, y, x};
  });
}

TEST_CASE("sums of two convolutions, the other made before and after") {
  check_graph([](Tensor x, Scope w) {
    const Tensor a = nn::silu(nn::conv2d(x, w / "a", 16, {.kernel = 3}));
    const Tensor b = nn::silu(nn::conv2d(x, w / "b", 16));
    return std::vector{nn::operator+(a, b), nn::operator+(nn::silu(nn::conv2d(x, w / "c", 16)), x)};
  });
}

TEST_CASE("relu behind and before the sums of residual blocks") {
  check_graph([](Tensor x, Scope w) {
    const Tensor narrow = nn::relu(nn::conv2d(x, w / "a", 16, {.kernel = 3}));
    const Tensor block = nn::relu(nn::operator+(nn::conv2d(narrow, w / "b", 16), x));
    const Tensor before = nn::operator+(nn::relu(nn::conv2d(x, w / "c", 16)), block);
    return std::vector{block, before, nn::operator+(nn::relu(nn::linear(x, w / "d", 5)), x)};
  });
}

TEST_CASE("a convolution read before its activation is not fused away") {
  check_graph([](Tensor x, Scope w) {
    const Tensor y = nn::conv2d(x, w / "a", 16);
    return std::vector{nn::silu(y), nn::max_pool2d(y, 2, 2, 0)};
  });
}

TEST_CASE("flattening what channels last does not keep together") {
  check_graph([](Tensor x, Scope) {
    return std::vector{nn::flatten(x, "c", "h", "d"), nn::flatten(x, "h", "w", "a")};
  });
}

TEST_CASE("an output over an input's memory") {
  Graph graph;
  const Tensor x = input(graph, "x", {{"n", 1}, {"s", 64}});
  const Tensor half = nn::concat({nn::split(x, 2, "s")[1], nn::split(x, 2, "s")[0]}, "s");
  graph.outputs = {{"y", half.id}};
  for (const Backend* backend : backends()) {
    std::vector<float> values(64);
    for (std::size_t i = 0; i < 64; ++i) values[i] = static_cast<float>(i);
    const TensorView view{DType::f32, {1, 64}, {}, values.data()};
    backend->compile(graph, backend->weights({}), {})
        ->instance()
        ->run({std::span(&view, 1), std::span(&view, 1)});
    CHECK(values[0] == 32);
    CHECK(values[32] == 0);
  }
}

TEST_CASE("a kept input outlives the caller's tensor") {
  Graph graph;
  const Tensor x = input(graph, "x", picture);
  graph.outputs = {{"y", nn::silu(x).id}};
  CompileOptions options;
  options.keep = {"x"};
  const Backend& backend = find_backend("onednn");
  const auto instance = backend.compile(graph, backend.weights({}), options)->instance();
  std::vector<float> values(960, 3.0F), output(960);
  const TensorView in{DType::f32, sizes(picture), {480, 1, 80, 16}, values.data()},
      out{DType::f32, sizes(picture), {}, output.data()};
  instance->run({std::span(&in, 1), std::span(&out, 1)});
  std::fill(values.begin(), values.end(), 0.0F);
  CHECK(instance->value("x") == std::vector<float>(960, 3.0F));
}

}  // namespace lp
