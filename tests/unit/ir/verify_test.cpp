#include "ir/verify.hpp"

#include "base/error.hpp"
#include "ops/activation.hpp"

#include <doctest/doctest.h>

namespace lp {
namespace {

const Shape pair = {{"d", 2}};

/// A graph of an input and its silu, which one thing is wrong with.
Graph graph_with(int silu_input, const Shape& silu_shape, int output) {
  Graph graph;
  graph.add(Input{}, {}, pair, "x", Here::current());
  graph.add(op::Silu{}, {silu_input}, silu_shape, "y", Here::current());
  graph.outputs = {{"out", output}};
  return graph;
}

}  // namespace

TEST_CASE("a sound graph passes") {
  CHECK_NOTHROW(verify(graph_with(0, pair, 1)));
}

TEST_CASE("what is wrong with a graph is named") {
  CHECK_THROWS_WITH_AS(verify(graph_with(1, pair, 1)),
                       "graph main: `y` reads value 1, which is made after it", Error);
  CHECK_THROWS_WITH_AS(verify(graph_with(0, {{"d", 3}}, 1)),
                       "graph main: `y` is [d=3], but silu makes [d=2] of its inputs", Error);
  CHECK_THROWS_WITH_AS(verify(graph_with(0, pair, 2)), "graph main: output `out` is value 2, of 2", Error);
  Graph none = graph_with(0, pair, 1);
  none.outputs.clear();
  CHECK_THROWS_WITH_AS(verify(none), "graph main: it has no outputs", Error);
  CHECK_THROWS_WITH_AS(verify(graph_with(-1, pair, 1)), "silu: input `x` is missing", Error);
}

}  // namespace lp
