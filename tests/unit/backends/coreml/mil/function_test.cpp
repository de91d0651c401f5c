#include "backends/coreml/mil/build.hpp"
#include "unit/formats/files.hpp"

#include <doctest/doctest.h>

namespace lp::coreml::mil {
namespace {

using lp::test::refusal;
using lp::test::TemporaryFolder;

const Type square{Element::f16, {1, 4, 1, 4}};

struct Made {
  TemporaryFolder folder;
  WeightFile weights{folder / "weight.bin"};
  Function function{weights, 7};
};

int count(const Function& function, const std::string& type) {
  const auto counts = function.counts();
  const auto found = counts.find(type);
  return found == counts.end() ? 0 : found->second;
}

TEST_CASE("function: reshapes that follow each other become one, and one that undoes another none") {
  Made made;
  Function& function = made.function;
  const Var x = function.input("x", square);
  const Var flat = reshape(function, "flat", x, {16});
  const Var pairs = reshape(function, "pairs", flat, {8, 2});
  function.output("pairs", pairs);
  const Var back = reshape(function, "back", flat, square.sizes);
  function.output("relu", unary(function, "relu", "relu", back));
  CHECK(count(function, "reshape") == 3);
  function.tidy();
  CHECK(count(function, "reshape") == 1);
  CHECK(count(function, "relu") == 1);
}

TEST_CASE("function: a reshape that others read stays") {
  Made made;
  Function& function = made.function;
  const Var flat = reshape(function, "flat", function.input("x", square), {16});
  function.output("pairs", reshape(function, "pairs", flat, {8, 2}));
  function.output("relu", unary(function, "relu", "relu", flat));
  function.tidy();
  CHECK(count(function, "reshape") == 2);
}

TEST_CASE("function: what nobody reads goes, with its constants") {
  Made made;
  Function& function = made.function;
  const Var x = function.input("x", square);
  softmax(function, "unread", x, 3);
  function.output("y", unary(function, "relu", "y", x));
  CHECK(count(function, "const") == 1);
  function.tidy();
  CHECK(function.counts() == std::map<std::string, int>{{"relu", 1}});
}

TEST_CASE("function: equal small constants are one") {
  Made made;
  Function& function = made.function;
  CHECK(function.integer(3).id == function.integer(3).id);
  CHECK(function.integer(3).id != function.integer(4).id);
  CHECK(function.number(1, Element::f16).id != function.number(1, Element::f32).id);
  CHECK(function.text("custom").id == function.text("custom").id);
}

TEST_CASE("function: an input that is an output as well is copied, and public names are unique") {
  Made made;
  Function& function = made.function;
  const Var x = function.input("x", square);
  function.output("y", x);
  CHECK(count(function, "identity") == 1);
  CHECK(refusal([&] { function.input("x", square); }) ==
        "two inputs or outputs of a Core ML program are called `x`");
  CHECK(refusal([&] { function.input("a.b", square); }) == "`a.b` can be no name in a Core ML program");
}

}  // namespace
}  // namespace lp::coreml::mil
