#include "nn/scope.hpp"

#include "base/error.hpp"

#include <doctest/doctest.h>

#include <array>

namespace lp {
namespace {

Checkpoint checkpoint(std::initializer_list<std::pair<const char*, std::vector<std::int64_t>>> tensors) {
  Checkpoint made;
  made.file = "file.onnx";
  for (const auto& [path, shape] : tensors) made.tensors.emplace(path, StoredTensor{DType::f32, shape, {}});
  return made;
}

/// The sentence without " (FILE:LINE)", the place in this file.
std::string without_place(std::string text) {
  const std::size_t place = text.find("scope_test.cpp:");
  if (place == std::string::npos) return text;
  const std::size_t open = text.rfind(" (", place), close = text.find(')', place);
  return text.erase(open, close - open + 1);
}

template <class F>
std::string error_of(F work) {
  try {
    work();
    return "no error";
  } catch (const Error& error) {
    return without_place(error.what());
  }
}

}  // namespace

TEST_CASE("weights are bound by name and exact shape") {
  const Checkpoint file =
      checkpoint({{"block.0.weight", {4, 2}}, {"block.0.bias", {4}}, {"block.1.weight", {4, 2}}});
  Graph graph;
  Binder binder(graph, &file);
  const Scope w(binder);

  const Tensor weight = (w / "block" / 0)("weight", {{"o", 4}, {"i", 2}});
  CHECK(weight.name() == "block.0.weight");
  CHECK((w / "block" / 0)("weight", {{"o", 4}, {"i", 2}}).id == weight.id);  // bound twice, one node
  CHECK((w / "block" / 0).maybe("bias", {{"o", 4}}).has_value());
  CHECK_FALSE((w / "block" / 1).maybe("bias", {{"o", 4}}).has_value());

  CHECK(error_of([&] { (w / "block" / 2)("weight", {{"o", 4}, {"i", 2}}); }) ==
        "file.onnx: no tensor `block.2.weight`; nearest is `block.0.weight`");
  CHECK(error_of([&] { (w / "block" / 1)("weight", {{"o", 2}, {"i", 4}}); }) ==
        "file.onnx: `block.1.weight` is [4, 2], but the model declares [o=2, i=4]");
}

TEST_CASE("weights that the model never took are an error that names them") {
  const Checkpoint file = checkpoint({{"a.weight", {1}}, {"b.weight", {1}}, {"dfl.weight", {1}}});
  Graph graph;
  Binder binder(graph, &file);
  const Scope w(binder);
  w("a.weight", {{"o", 1}});
  const std::array<std::string, 1> ignored = {"dfl.*"};
  CHECK(error_of([&] { binder.check_all_bound(ignored); }) ==
        "file.onnx: the model does not use 1 of its tensors: `b.weight` (nearest used: `a.weight`)");
  const std::array<std::string, 2> all = {"dfl.*", "b.*"};
  CHECK(error_of([&] { binder.check_all_bound(all); }) == "no error");
}

TEST_CASE("without a checkpoint weights are declared") {
  Graph graph;
  Binder binder(graph, nullptr);
  const Scope w(binder);
  CHECK(w("any", {{"o", 3}}).shape().front().size == Dim(3));
  CHECK(w.maybe("bias", {{"o", 3}}).has_value());
}

}  // namespace lp
