// Decoding with a cache, step by step and over two graphs that share it, on every runtime.
#include "backends/backend.hpp"
#include "base/error.hpp"
#include "ir/verify.hpp"
#include "nn/layers.hpp"
#include "ops/attention.hpp"
#include "ops/state.hpp"
#include "support/formula.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

namespace lp {
namespace {

constexpr std::int64_t width = 16, tokens = 7, capacity = 32;

/// `rows` tokens are appended to the cache at `at`, then attend to it, causally.
Graph decoder(std::int64_t rows) {
  Graph graph("decode" + std::to_string(rows));
  const Tensor x = input(graph, "x", {{"b", 1}, {"s", rows}, {"d", width}});
  const Tensor at = indices(graph, "at", {{"b", 1}}), length = indices(graph, "length", {{"b", 1}});
  const Tensor cache = state(graph, "cache", {{"b", 1}, {"t", capacity}, {"d", width}});
  const Tensor longer = apply(op::Append{}, {cache, x, at});
  graph.outputs = {{"y", apply(op::Attention{.heads = 2, .causal = 1}, {x, longer, longer, length}).id}};
  verify(graph);
  return graph;
}

std::vector<float> token_values() {
  std::vector<float> values;
  for (const double u : formula_uniform("tokens", tokens * width))
    values.push_back(static_cast<float>(4 * u - 2));
  return values;
}

struct Decoder {
  Decoder(const Backend& backend, std::int64_t count, const CompileOptions& options = {})
      : rows(count),
        graph(decoder(count)),
        instance(backend.compile(graph, backend.weights({}), options)->instance()) {}

  void run(float* x, std::int32_t at, float* y, States* states) const {
    std::int32_t length = at + static_cast<std::int32_t>(rows);
    const std::array in = {TensorView{DType::f32, {1, rows, width}, {}, x},
                           TensorView{DType::i32, {1}, {}, &at}, TensorView{DType::i32, {1}, {}, &length}};
    const TensorView out{DType::f32, {1, rows, width}, {}, y};
    instance->run({in, std::span(&out, 1), states});
  }

  std::int64_t rows;
  Graph graph;
  std::unique_ptr<Instance> instance;
};

}  // namespace

TEST_CASE("steps that share a cache give what one run over all tokens gives") {
  std::vector<float> x = token_values();
  for (const Backend* backend : backends()) {
    INFO(backend->name());
    const Decoder whole(*backend, tokens), first(*backend, 3), one(*backend, 1);
    const std::array<const Graph*, 3> graphs = {&whole.graph, &first.graph, &one.graph};
    const auto states = backend->states(graphs, PrecisionPolicy("", DType::f32));
    CHECK(states->bytes() == capacity * width * sizeof(float));
    std::vector<float> expected(x.size()), found(x.size());
    whole.run(x.data(), 0, expected.data(), states.get());
    states->clear();
    first.run(x.data(), 0, found.data(), states.get());
    for (std::int32_t at = 3; at < tokens; ++at)
      one.run(x.data() + at * width, at, found.data() + at * width, states.get());
    for (std::size_t i = 0; i < x.size(); ++i) CHECK(std::fabs(found[i] - expected[i]) < 1e-5F);
    CHECK(std::fabs(expected[(tokens - 1) * width] - x[(tokens - 1) * width]) > 1e-3F);  // others had a say
    const std::vector<float> kept = states->read("cache");
    CHECK(std::equal(x.begin(), x.end(), kept.begin()));
    CHECK(kept[x.size()] == 0.0F);
  }
}

TEST_CASE("a state in half the bytes gives nearly what a whole one does, to few queries and to many") {
  constexpr std::int64_t many = 12;
  std::vector<float> x;
  for (const double u : formula_uniform("many", many * width)) x.push_back(static_cast<float>(4 * u - 2));
  const CompileOptions half{.policy = PrecisionPolicy("", DType::f32, DType::bf16)};
  for (const Backend* backend : backends()) {
    INFO(backend->name());
    const Decoder exact(*backend, many), whole(*backend, many, half), first(*backend, 3, half),
        one(*backend, 1, half);
    const std::array<const Graph*, 3> graphs = {&whole.graph, &first.graph, &one.graph};
    const auto states = backend->states(graphs, half.policy);
    const auto exact_states = backend->states(std::span(graphs).first(1), PrecisionPolicy("", DType::f32));
    CHECK(states->bytes() == capacity * width * (backend->name() == "onednn" ? 2 : 4));
    std::vector<float> expected(x.size()), found(x.size()), found_one(x.size());
    exact.run(x.data(), 0, expected.data(), exact_states.get());
    whole.run(x.data(), 0, found.data(), states.get());
    states->clear();
    first.run(x.data(), 0, found_one.data(), states.get());
    for (std::int32_t at = 3; at < many; ++at)
      one.run(x.data() + at * width, at, found_one.data() + at * width, states.get());
    for (std::size_t i = 0; i < x.size(); ++i) {
      CHECK(std::fabs(found[i] - expected[i]) < 0.02F);
      CHECK(std::fabs(found_one[i] - found[i]) < 1e-5F);
    }
    const std::vector<float> kept = states->read("cache");
    for (std::size_t i = 0; i < x.size(); ++i) CHECK(std::fabs(kept[i] - x[i]) <= std::fabs(x[i]) / 256);
  }
}

TEST_CASE("a state of several sequences in half the bytes: each row goes to its own, copies are the same") {
  constexpr std::int64_t sequences = 2;
  Graph graph("fork");
  const Tensor x = input(graph, "x", {{"b", sequences}, {"s", 2}, {"d", width}});
  const Tensor at = indices(graph, "at", {{"b", sequences}}),
               start = indices(graph, "start", {{"b", sequences}}),
               rows = indices(graph, "rows", {{"b", sequences}});
  const Tensor one = state(graph, "one", {{"b", 1}, {"t", capacity}, {"d", width}});
  const Tensor many = state(graph, "many", {{"b", sequences}, {"t", capacity}, {"d", width}});
  const Tensor forked = apply(op::Append{}, {many, nn::repeat(one, "b", sequences), start});
  const Tensor longer = apply(op::Append{}, {forked, x, at});
  graph.outputs = {{"y", apply(op::Reorder{}, {longer, rows}).id}};
  verify(graph);
  const CompileOptions half{.policy = PrecisionPolicy("", DType::f32, DType::bf16)};
  std::vector<float> given;
  for (int i = 0; i < 2 * sequences * width; ++i)
    given.push_back(static_cast<float>(i + 1) / 64);  // of 8 bits
  std::vector<float> text(capacity * width);
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<float>(i % 100) + 128;
  for (const Backend* backend : backends()) {
    INFO(backend->name());
    const auto states = backend->states(std::array<const Graph*, 1>{&graph}, half.policy);
    states->write("one", text);
    std::array<std::int32_t, sequences> places = {0, 3}, first = {0, 0}, order = {1, 0};
    std::vector<float> y(sequences * capacity * width);
    const std::array in = {TensorView{DType::f32, {sequences, 2, width}, {}, given.data()},
                           TensorView{DType::i32, {sequences}, {}, places.data()},
                           TensorView{DType::i32, {sequences}, {}, first.data()},
                           TensorView{DType::i32, {sequences}, {}, order.data()}};
    const TensorView out{DType::f32, {sequences, capacity, width}, {}, y.data()};
    const auto instance = backend->compile(graph, backend->weights({}), half)->instance();
    instance->run({in, std::span(&out, 1), states.get()});
    const std::vector<float> kept = states->read("many");
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const std::size_t sequence = 1 - i / (capacity * width),
                        row = i / width % capacity;  // they changed places
      const std::size_t from = sequence == 0 ? 0 : 3;
      const bool is_new = row >= from && row < from + 2;
      const float expected =
          is_new ? given[(sequence * 2 + row - from) * width + i % width] : text[i % (capacity * width)];
      REQUIRE(std::fabs(kept[i] - expected) <= std::fabs(expected) / 256);
      REQUIRE(y[i] == kept[i]);
    }
  }
}

TEST_CASE("what does not fit a state is refused and leaves it as it was") {
  std::vector<float> x = token_values(), y(x.size());
  for (const Backend* backend : backends()) {
    INFO(backend->name());
    const Decoder one(*backend, 1);
    const Graph* const graph = &one.graph;
    const auto states = backend->states(std::span(&graph, 1), PrecisionPolicy("", DType::f32));
    CHECK_THROWS_AS(one.run(x.data(), capacity, y.data(), states.get()), Error);
    CHECK_THROWS_AS(one.run(x.data(), -1, y.data(), states.get()), Error);
    CHECK(states->read("cache") == std::vector<float>(capacity * width, 0.0F));
    CHECK_THROWS_WITH_AS(one.run(x.data(), 0, y.data(), nullptr), "a graph with states was run without them",
                         Error);
    CHECK_THROWS_WITH_AS(states->read("keys"), "there is no state `keys`", Error);
  }
}

TEST_CASE("two graphs agree on the shape of a state that they share") {
  Graph other("other");
  other.outputs = {{"y", state(other, "cache", {{"b", 1}, {"t", 64}, {"d", width}}).id}};
  const Graph first = decoder(1);
  const std::array<const Graph*, 2> graphs = {&first, &other};
  for (const Backend* backend : backends())
    CHECK_THROWS_WITH_AS(
        backend->states(graphs, PrecisionPolicy("", DType::f32)),
        "graph other: state `cache` is [b=1, t=64, d=16] here and [1, 32, 16] in another graph", Error);
}

}  // namespace lp
