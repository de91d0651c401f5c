// What oneDNN has no kernel for on some processors is computed by ours: here every kernel of oneDNN, or the
// first one that is asked for, is called too slow, and the values are compared with the reference.
#include "nn/layers.hpp"
#include "ops/conv.hpp"
#include "unit/backends/onednn/compare.hpp"

#include <doctest/doctest.h>

namespace lp::onednn {
namespace {

bool everything(const std::string&) {
  return true;
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

TEST_CASE("a transposed convolution without products of matrices is a convolution and a shuffle of pixels") {
  Graph graph;
  Binder binder(graph, nullptr);
  const Tensor x = input(graph, "x", {{"n", 2}, {"c", 12}, {"h", 5}, {"w", 7}});
  graph.outputs = {{"y", nn::conv_transpose2d(x, Scope(binder) / "up", 10, 2).id}};
  CHECK_FALSE(has(check(graph, is_reference), "pixel_shuffle"));

  bool first = true;
  const auto kernels = check(
      graph, [&](const std::string& kernel) { return is_reference(kernel) || std::exchange(first, false); });
  CHECK(has(kernels, "pixel_shuffle"));

  const auto own = check(graph, everything);
  CHECK(has(own, "conv"));
  CHECK(has(own, "pixel_shuffle"));
}

TEST_CASE("silu and the sum are part of our convolution") {
  const auto kernels = check(residual_block(), everything);
  CHECK(has(kernels, "conv"));
  CHECK(has(kernels, "sigmoid"));
  CHECK_FALSE(has(kernels, "add"));
  CHECK_FALSE(has(kernels, "silu"));
}

TEST_CASE("relu is part of our convolution, behind the sum or without one") {
  Graph graph;
  Binder binder(graph, nullptr);
  const Scope w(binder);
  const Tensor x = input(graph, "x", {{"n", 2}, {"c", 16}, {"h", 6}, {"w", 5}});
  const Tensor y = nn::relu(nn::conv2d(x, w / "a", 16, {.kernel = 3}));
  graph.outputs = {{"y", nn::relu(nn::operator+(nn::conv2d(y, w / "b", 16), x)).id}};
  const auto kernels = check(graph, everything);
  CHECK(has(kernels, "conv"));
  CHECK_FALSE(has(kernels, "add"));
}

TEST_CASE("where only the sum makes oneDNN's convolution slow, the sum is ours") {
  bool first = true;
  const auto kernels = check(residual_block(), [&](const std::string& kernel) {
    return is_reference(kernel) || std::exchange(first, false);
  });
  if (has(kernels, "conv")) return;  // on this processor oneDNN has no other either
  CHECK(has(kernels, "add"));
}

TEST_CASE("activations and products by themselves have kernels of ours") {
  Graph graph;
  const Tensor x = input(graph, "x", {{"n", 2}, {"c", 5}, {"h", 9}, {"w", 7}});
  const Tensor row =
      nn::constant(graph, "row", {{"n", 1}, {"c", 5}, {"h", 1}, {"w", 1}}, {0.5F, 2, -1, 3, 0.1F});
  using nn::operator+;
  const Tensor sum = nn::gelu(x) + nn::gelu(x, "tanh");
  graph.outputs = {{"y", nn::multiply(nn::relu(sum + nn::gelu(x, "sigmoid")), row).id}};
  const auto kernels = check(graph, everything);
  for (const char* name : {"gelu", "relu", "add", "multiply"}) CHECK(has(kernels, name));
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
