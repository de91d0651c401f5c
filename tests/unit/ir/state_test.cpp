// States and whole numbers in graphs: what their verifier and their text promise.
#include "ops/state.hpp"

#include "base/error.hpp"
#include "ir/text.hpp"
#include "ir/verify.hpp"
#include "ops/attention.hpp"
#include "ops/elementwise.hpp"

#include <doctest/doctest.h>

namespace lp {
namespace {

const Shape cache = {{"b", 2}, {"t", 32}, {"d", 8}};
const Shape row = {{"b", 2}, {"s", 1}, {"d", 8}};

/// A step that appends a row to its keys and attends to them.
struct Step {
  Graph graph{"step"};
  Tensor x = input(graph, "x", row);
  Tensor at = indices(graph, "at", {{"b", 2}});
  Tensor keys = state(graph, "keys", cache);
  Tensor longer = apply(op::Append{}, {keys, x, at});

  void output(Tensor value) { graph.outputs = {{"y", value.id}}; }
};

}  // namespace

TEST_CASE("a step with a state passes, and its text reads back") {
  Step step;
  step.output(apply(op::Attention{.heads = 2}, {step.x, step.longer, step.longer}));
  CHECK_NOTHROW(verify(step.graph));
  REQUIRE(step.graph.states().size() == 1);
  CHECK(step.graph.states()[0].first == step.keys.id);
  CHECK(step.graph.states()[0].last == step.longer.id);
  CHECK(step.graph.inputs() == std::vector{step.x.id, step.at.id});
  const std::string written = text(step.graph);
  CHECK(written.find("%1 = indices() -> [b=2]  # at\n") != std::string::npos);
  CHECK(written.find("= state() -> [b=2, t=32, d=8]  # keys\n") != std::string::npos);
  CHECK(text(parse_graph(written)) == written);
}

TEST_CASE("graph text keeps an update that no output reads") {
  Step step;
  step.output(apply(op::Add{}, {step.x, step.x}));
  CHECK(text(step.graph).find("append(") != std::string::npos);
}

TEST_CASE("a state is changed by one op at a time, and read in its last version") {
  Step twice;
  apply(op::Append{}, {twice.keys, twice.x, twice.at}, "again");
  twice.output(twice.longer);
  CHECK_THROWS_WITH_AS(verify(twice.graph),
                       "graph step: `again` reads `keys`, which `keys.append` has replaced", Error);
  Step old;
  old.output(apply(op::Attention{}, {old.x, old.keys, old.longer}, "late"));
  CHECK_THROWS_WITH_AS(verify(old.graph), "graph step: `late` reads `keys`, which `keys.append` has replaced",
                       Error);
  Step out;
  out.output(out.keys);
  CHECK_THROWS_WITH_AS(verify(out.graph),
                       "graph step: output `y` is `keys`, which `keys.append` has replaced", Error);
  Step input_changed;
  const Tensor big = input(input_changed.graph, "big", cache);
  input_changed.output(apply(op::Append{}, {big, input_changed.x, input_changed.at}));
  CHECK_THROWS_WITH_AS(verify(input_changed.graph),
                       "graph step: append `big.append` changes `big`, which is no state", Error);
}

TEST_CASE("whole numbers go where a signature says so, and only there") {
  Step step;
  const auto says = [](const auto& make) {
    try {
      make();
      return std::string("no error");
    } catch (const Error& error) {
      const std::string text = error.what();
      return text.substr(0, text.find(" ("));
    }
  };
  const Tensor real = input(step.graph, "real", {{"b", 2}});
  CHECK(says([&] { apply(op::Append{}, {step.longer, step.x, real}); }) ==
        "append: `at` takes whole numbers, but `real` holds real ones");
  CHECK(says([&] { apply(op::Add{}, {step.at, step.at}); }) ==
        "add: `x` takes real numbers, but `at` holds whole ones");
  CHECK(says([&] { state(step.graph, "odd", {{"b", 2}, {"t", 33}, {"d", 8}}); }) ==
        "state `odd` [b=2, t=33, d=8]: it is [b, t, d], t a multiple of 32");
}

}  // namespace lp
