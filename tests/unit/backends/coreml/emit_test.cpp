#include "backends/coreml/emit.hpp"

#include "nn/layers.hpp"
#include "ops/linear.hpp"
#include "ops/state.hpp"
#include "unit/formats/files.hpp"

#include <doctest/doctest.h>

namespace lp::coreml {
namespace {

using lp::test::refusal;
using lp::test::TemporaryFolder;

/// What `emit` says of a graph; nothing of a package that it wrote.
std::string said(const Graph& graph, const EmitOptions& options = {}) {
  const TemporaryFolder folder;
  return refusal([&] { emit(graph, {}, folder / "model.mlpackage", options); });
}

TEST_CASE("coreml: what it cannot have is one sentence with the value, its op and the model's line") {
  Graph graph("main");
  const Tensor x = input(graph, "x", {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 2}, {"e", 2}, {"f", 2}});
  graph.outputs = {{"y", nn::relu(x).id}};
  const std::string text = said(graph);
  CHECK(text.starts_with("Core ML cannot have `x` (input, "));
  CHECK(text.find("emit_test.cpp:") != std::string::npos);
  CHECK(text.ends_with(": it has 6 axes, and no value may have more than 5"));
}

TEST_CASE("coreml: sizes beyond its own") {
  Graph graph("main");
  const Tensor x = input(graph, "x", {{"n", 1 << 16}, {"d", 1 << 16}});
  graph.outputs = {{"y", nn::relu(x).id}};
  CHECK(said(graph).ends_with(": [n=65536, d=65536] has 2^31 elements or more"));
}

TEST_CASE("coreml: a batch of pictures is no image") {
  Graph graph("main");
  const Tensor x = input(graph, "images", {{"n", 2}, {"c", 3}, {"h", 4}, {"w", 4}});
  graph.outputs = {{"y", nn::relu(x).id}};
  CHECK(said(graph, {.image = ImageInput{}}) == "Core ML passes one picture at a time, not 2");
}

TEST_CASE("coreml: an op without a rule is refused before anything is written") {
  const TemporaryFolder folder;
  Graph graph("main");
  const Tensor before = state(graph, "keys", {{"b", 2}, {"t", 32}, {"d", 4}}),
               rows = indices(graph, "rows", {{"b", 2}});
  graph.outputs = {{"y", apply(op::Reorder{}, {before, rows}).id}};
  const std::string text = refusal([&] { emit(graph, {}, folder / "model.mlpackage", {}); });
  CHECK(text.find("keys.reorder` (reorder, ") != std::string::npos);
  CHECK(text.ends_with("Core ML has no rule for reorder"));
  CHECK(!std::filesystem::exists(folder / "model.mlpackage"));
}

TEST_CASE("coreml: a state that is continued needs a newer version where Core ML keeps it") {
  const TemporaryFolder folder;
  Graph graph("main");
  const Tensor before = state(graph, "keys.0", {{"b", 1}, {"t", 32}, {"d", 4}});
  const Tensor x = input(graph, "x", {{"b", 1}, {"s", 1}, {"d", 4}}), at = indices(graph, "at", {{"b", 1}});
  const Tensor after = apply(op::Append{}, {before, x, at});
  graph.outputs = {{"y", nn::relu(after).id}};
  const Emitted kept = emit(graph, {}, folder / "kept.mlpackage", {});
  CHECK(kept.version == 9);
  CHECK(kept.counts.at("read_state") == 1);
  CHECK(kept.counts.at("write_state") == 1);
  const Emitted passed = emit(graph, {}, folder / "passed.mlpackage", {.keeps_states = false});
  CHECK(passed.version == 7);
  CHECK(!passed.counts.contains("write_state"));
  CHECK(emit(graph, {}, folder / "exact.mlpackage", {.precision = DType::f32}).version == 7);
}

TEST_CASE("coreml: a state that is only written is an output, from its first row on") {
  const TemporaryFolder folder;
  Graph graph("main");
  const Tensor before = state(graph, "keys", {{"b", 1}, {"t", 32}, {"d", 4}});
  const Tensor x = input(graph, "x", {{"b", 1}, {"s", 30}, {"d", 4}}), at = indices(graph, "at", {{"b", 1}});
  apply(op::Append{}, {before, x, at});
  graph.outputs = {{"y", nn::relu(x).id}};
  const Emitted made = emit(graph, {}, folder / "model.mlpackage", {});
  CHECK(made.version == 7);
  CHECK(made.counts.at("pad") == 1);
}

TEST_CASE("coreml: a state that is read between two writes is kept") {
  const TemporaryFolder folder;
  Graph graph("main");
  const Tensor before = state(graph, "keys", {{"b", 1}, {"t", 32}, {"d", 4}});
  const Tensor x = input(graph, "x", {{"b", 1}, {"s", 1}, {"d", 4}}), at = indices(graph, "at", {{"b", 1}});
  const Tensor first = apply(op::Append{}, {before, x, at});
  graph.outputs = {{"y", nn::relu(first).id}};
  apply(op::Append{}, {first, x, at});
  CHECK(emit(graph, {}, folder / "model.mlpackage", {}).counts.at("write_state") == 1);
}

TEST_CASE("coreml: a weight that is computed is refused") {
  Graph graph("main");
  const Tensor x = input(graph, "x", {{"n", 2}, {"d", 4}}), w = input(graph, "w", {{"o", 3}, {"d", 4}});
  graph.outputs = {{"y", apply(op::Linear{}, {x, w, {}}).id}};
  CHECK(said(graph).ends_with(": its weight is computed, where Core ML wants a constant"));
}

TEST_CASE("coreml: a weight that float16 cannot hold is said by its name") {
  const TemporaryFolder folder;
  Graph graph("main");
  const Tensor x = input(graph, "x", {{"n", 1}, {"d", 2}});
  graph.outputs = {{"y", nn::operator+(x, nn::constant(graph, "offset", {{"d", 2}}, {1.0F, 70000.0F})).id}};
  CHECK(said(graph) ==
        "`offset` has numbers above 65504, which float16 cannot hold; take --precision float32");
  CHECK(emit(graph, {}, folder / "model.mlpackage", {.precision = DType::f32}).counts.at("add") == 1);
}

TEST_CASE("coreml: a package is not written over another") {
  const TemporaryFolder folder;
  Graph graph("main");
  graph.outputs = {{"y", nn::relu(input(graph, "x", {{"n", 1}, {"d", 4}})).id}};
  const Emitted made = emit(graph, {}, folder / "model.mlpackage", {});
  CHECK(made.version == 7);
  CHECK(made.counts.at("relu") == 1);
  CHECK(refusal([&] {
          emit(graph, {}, folder / "model.mlpackage", {});
        }).ends_with("model.mlpackage: is there already"));
}

}  // namespace
}  // namespace lp::coreml
