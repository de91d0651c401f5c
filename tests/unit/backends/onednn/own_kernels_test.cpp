// What oneDNN has no kernel for on some processors is computed by ours: here every kernel of oneDNN, or the
// first one that is asked for, is called too slow, and the values are compared with the reference.
#include "backends/onednn/builder.hpp"
#include "base/error.hpp"
#include "nn/layers.hpp"
#include "ops/activation.hpp"
#include "ops/conv.hpp"
#include "support/formula.hpp"

#include <doctest/doctest.h>

#include <cmath>

namespace lp::onednn {
namespace {

using TooSlow = std::function<bool(const std::string&)>;

bool everything(const std::string&) {
  return true;
}

/// What runs a graph of one input and one output.
struct Runner {
  const Graph& graph;
  std::vector<std::string> kernels;

  std::vector<float> operator()(const Executable& executable) {
    std::vector<float> x;
    for (const double u : formula_uniform("x", elements(graph[graph.inputs()[0]].shape)))
      x.push_back(static_cast<float>(2 * u - 1));
    const Shape& shape = graph[graph.outputs[0].id].shape;
    std::vector<float> y(static_cast<std::size_t>(elements(shape)));
    const TensorView in{DType::f32, sizes(graph[graph.inputs()[0]].shape), {}, x.data()},
        out{DType::f32, sizes(shape), {}, y.data()};
    const auto instance = executable.instance();
    for (const StepProfile& step : instance->profile({std::span(&in, 1), std::span(&out, 1)}))
      kernels.push_back(step.kernel);
    return y;
  }
};

/// Runs `graph` without the kernels that are `too_slow`, compares with the reference, and gives the kernels
/// that ran.
std::vector<std::string> check(const Graph& graph, const TooSlow& too_slow) {
  const Checkpoint checkpoint = formula_checkpoint(graph, 1.0);
  const Backend& reference = find_backend("reference");
  Runner run{graph, {}};
  const std::vector<float> expected = run(*reference.compile(graph, reference.weights(checkpoint), {}));
  run.kernels.clear();
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  const auto weights = std::make_shared<PackedWeights>(checkpoint, engine);
  const std::vector<float> found =
      run(*make_executable(Builder(graph, weights, {}, engine, too_slow).build()));
  double worst = 0;
  for (std::size_t i = 0; i < found.size(); ++i)
    worst = std::max(worst, static_cast<double>(std::fabs(found[i] - expected[i])));
  CHECK(worst < 1e-5);
  return run.kernels;
}

/// A convolution of `channels` inputs on a picture of 9 by 7.
Graph convolution(std::int64_t channels, std::int64_t out, std::int64_t kernel, op::Conv2d how, bool bias) {
  Graph graph;
  const Tensor x = input(graph, "x", {{"n", 2}, {"c", channels}, {"h", 9}, {"w", 7}});
  const Shape shape = {{"co", out}, {"ci", channels / how.groups}, {"kh", kernel}, {"kw", kernel}};
  const Tensor weight{&graph, graph.add(Weight{"weight"}, {}, shape, "weight", Here::current())};
  std::optional<Tensor> offset;
  if (bias) offset = Tensor{&graph, graph.add(Weight{"bias"}, {}, {{"co", out}}, "bias", Here::current())};
  graph.outputs = {{"y", apply(how, {x, weight, offset}, "conv").id}};
  return graph;
}

bool has(const std::vector<std::string>& kernels, const std::string& kernel) {
  return std::find(kernels.begin(), kernels.end(), kernel) != kernels.end();
}

}  // namespace

TEST_CASE("our convolution equals the reference at every stride, padding, dilation and group") {
  struct Case {
    std::int64_t channels, out, kernel;
    op::Conv2d how;
    bool bias;
  };
  for (const Case& c : {Case{16, 16, 3, {.padding = 1}, true},
                        {3, 16, 3, {.stride = 2, .padding = 1}, true},     // no four channels
                        {24, 18, 1, {}, true},                             // no whole block of outputs
                        {8, 5, 3, {.padding = 3, .dilation = 2}, false},   // taps that lie outside altogether
                        {32, 24, 3, {.padding = 1, .groups = 4}, true},    // groups of 8 to 6
                        {12, 12, 3, {.padding = 1, .groups = 12}, true},   // depthwise
                        {12, 24, 3, {.padding = 1, .groups = 12}, true}})  // depthwise, two outputs each
  {
    CAPTURE(c.channels);
    CAPTURE(c.out);
    CAPTURE(c.how.groups);
    const Graph graph = convolution(c.channels, c.out, c.kernel, c.how, c.bias);
    CHECK(has(check(graph, everything), "conv"));
  }
}

namespace {

/// conv -> silu -> + x, and a sigmoid of it.
Graph residual_block() {
  Graph graph;
  Binder binder(graph, nullptr);
  const Tensor x = input(graph, "x", {{"n", 2}, {"c", 16}, {"h", 6}, {"w", 5}});
  const Tensor y = nn::operator+(nn::silu(nn::conv2d(x, Scope(binder) / "a", 16, {.kernel = 3})), x);
  graph.outputs = {{"y", nn::sigmoid(y).id}};
  return graph;
}

}  // namespace

TEST_CASE("silu and the sum are part of our convolution") {
  const auto kernels = check(residual_block(), everything);
  CHECK(has(kernels, "conv"));
  CHECK(has(kernels, "sigmoid"));
  CHECK_FALSE(has(kernels, "add"));
  CHECK_FALSE(has(kernels, "silu"));
}

TEST_CASE("where only the sum makes oneDNN's convolution slow, the sum is ours") {
  bool first = true;
  const auto kernels = check(residual_block(), [&](const std::string& kernel) {
    return is_reference(kernel) || std::exchange(first, false);
  });
  if (has(kernels, "conv")) return;  // on this processor oneDNN has no other either
  CHECK(has(kernels, "add"));
}

TEST_CASE("silu and sums by themselves have kernels of ours") {
  Graph graph;
  const Tensor x = input(graph, "x", {{"n", 1}, {"s", 5000}});
  graph.outputs = {{"y", nn::operator+(nn::silu(x), x).id}};
  const auto kernels = check(graph, everything);
  CHECK(has(kernels, "silu"));
  CHECK(has(kernels, "add"));
}

TEST_CASE("names of oneDNN's reference kernels") {
  for (const char* name : {"ref:any", "gemm:ref", "ref_int8:any", "brg:ref:any"}) CHECK(is_reference(name));
  for (const char* name : {"jit:avx2", "brgconv:sve_256", "simple_nhwc:any", "x64:gemm:jit"})
    CHECK_FALSE(is_reference(name));
}

}  // namespace lp::onednn
