#include "ir/text.hpp"

#include "base/error.hpp"
#include "nn/layers.hpp"

#include <doctest/doctest.h>

namespace lp {
namespace {

/// Two branches from one input, added in the order that `swapped` says: what an argument list's evaluation
/// order can change.
Graph two_branches(bool swapped) {
  Graph graph;
  Binder binder(graph, nullptr);
  const Scope w(binder);
  const Tensor x = input(graph, "x", {{"n", 1}, {"c", 4}, {"h", 8}, {"w", 8}});
  const auto left = [&] { return nn::conv2d(x, w / "left", 8, {.kernel = 3}); };
  const auto right = [&] { return nn::conv2d(x, w / "right", 8); };
  Tensor a, b;
  if (swapped) {
    b = right();
    a = left();
  } else {
    a = left();
    b = right();
  }
  graph.outputs = {{"y", nn::silu(nn::operator+(a, b)).id}};
  return graph;
}

}  // namespace

TEST_CASE("graph text does not depend on the order in which nodes were made") {
  CHECK(text(two_branches(false)) == text(two_branches(true)));
}

TEST_CASE("graph text names ops, attributes, shapes and values, and reads back") {
  const std::string written = text(two_branches(false));
  CHECK(written.starts_with("graph main\n%0 = input() -> [n=1, c=4, h=8, w=8]  # x\n"));
  CHECK(written.find("= conv2d(%0, %1, %2, stride=1, padding=1, dilation=1, groups=1) -> [n=1, c=8, h=8, "
                     "w=8]  # left\n") != std::string::npos);
  CHECK(text(parse_graph(written)) == written);
}

TEST_CASE("graph text that cannot be read names its line") {
  const auto says = [](std::string_view broken) {
    try {
      parse_graph(broken);
      return std::string("no error");
    } catch (const Error& error) {
      return std::string(error.what());
    }
  };
  CHECK(says("graph main\n%0 = input( -> [n=1]  # x\n") ==
        "graph text, line 2: cannot read `%0 = input( -> [n=1]  # x`");
  CHECK(says("graph main\n%0 = siluu(%1) -> [n=1]  # x\n") ==
        "graph text, line 2: cannot read `%0 = siluu(%1) -> [n=1]  # x`");
  CHECK(says("graph main\n%0 = input() -> [n=1]  # x\n%1 = siluu(%0) -> [n=1]  # y\n") ==
        "no op `siluu`; nearest is `silu`");
  CHECK(says("graph main\n%0 = input() -> [n=1]  # x\n%1 = silu(%0) -> [n=2]  # y\n") ==
        "graph text, line 3: cannot read `%1 = silu(%0) -> [n=2]  # y`");
  CHECK(says("output y = %0\n") == "graph text, line 1: cannot read `output y = %0`");
}

}  // namespace lp
