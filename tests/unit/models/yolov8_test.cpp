// A YOLOv8 with a few channels computes what Ultralytics' PyTorch modules computed (tools/goldens.py), block
// by block.
#include "models/vision/yolov8.hpp"

#include "backends/backend.hpp"
#include "base/error.hpp"
#include "formats/safetensors.hpp"
#include "formats/tensor_data.hpp"
#include "runtime/lane.hpp"
#include "support/formula.hpp"
#include "support/mutate.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

namespace lp {
namespace {

constexpr double tolerance = 1e-5;  // TARGETS: F32 against PyTorch; orders of summation differ by about 1e-6

struct Golden {
  Checkpoint file = read_safetensors(LP_TEST_DATA "/models/yolov8-tiny.safetensors");

  std::string text(const char* key) const { return file.metadata.at(key).get<std::string>(); }
  int number(const char* key) const { return std::stoi(text(key)); }
  std::vector<float> values(const std::string& name) const { return to_f32(file.tensors.at(name)); }
  double gain() const { return std::stod(text("gain")); }
};

Program tiny_program(const Golden& golden, const Checkpoint* checkpoint) {
  ModelInfo info;
  info.family = "yolov8";
  info.config = {{"width", nlohmann::json::parse("[" + golden.text("widths") + "]")},
                 {"repeats", golden.number("repeats")},
                 {"classes", golden.number("classes")},
                 {"bins", 16}};
  return models::yolov8().build(
      checkpoint, info,
      {.batch = 1, .image_width = golden.number("width"), .image_height = golden.number("height")});
}

Checkpoint tiny_weights(const Golden& golden) {
  const Program declared = tiny_program(golden, nullptr);
  return formula_checkpoint(declared.graph("main"), golden.gain());
}

double relative_rms(const std::vector<float>& found, const std::vector<float>& expected) {
  REQUIRE(found.size() == expected.size());
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    difference += (double{found[i]} - expected[i]) * (double{found[i]} - expected[i]);
    size += double{expected[i]} * expected[i];
  }
  const double error = std::sqrt(difference / size);
  return std::isfinite(error) ? error : 1e30;
}

/// The error of every golden block and of the output, for the picture of the formula. `keep`: every value can
/// be read; otherwise the graph is compiled as users run it, and only its output can.
std::map<std::string, double> errors(const Golden& golden, const Graph& graph, const Checkpoint& weights,
                                     const Backend& backend, bool keep) {
  std::vector<float> image;
  for (const double u : formula_uniform("images", 3LL * golden.number("height") * golden.number("width")))
    image.push_back(static_cast<float>(u));
  const Shape& out_shape = graph[graph.outputs.front().id].shape;
  std::vector<float> output(static_cast<std::size_t>(elements(out_shape)));
  const TensorView in{DType::f32, sizes(graph[graph.inputs().front()].shape), {}, image.data()};
  const TensorView out{DType::f32, sizes(out_shape), {}, output.data()};
  CompileOptions options;
  if (keep) options.keep = {"*"};

  std::map<std::string, double> found;
  Lane lane(1);
  lane.run([&] {
    const auto instance = backend.compile(graph, backend.weights(weights), options)->instance();
    instance->run({std::span(&in, 1), std::span(&out, 1)});
    for (const auto& [name, stored] : golden.file.tensors)
      if (keep && name.starts_with("model."))
        found[name] = relative_rms(instance->value(name), golden.values(name));
  });
  found["output"] = relative_rms(output, golden.values("output"));
  return found;
}

int wrong(const std::map<std::string, double>& errors) {
  int count = 0;
  for (const auto& [name, error] : errors) count += error >= tolerance ? 1 : 0;
  return count;
}

std::vector<const Backend*> usable_backends() {
  std::vector<const Backend*> usable;
  for (const Backend* backend : backends())
    if (backend->available()) usable.push_back(backend);
  return usable;
}

}  // namespace

TEST_CASE("the formula gives the numbers that the goldens were made with") {
  const Golden golden;
  const auto weight = formula_weight("model.9.cv1.conv.weight", {6, 12, 1, 1}, golden.gain());
  const auto expected = golden.values("formula.model.9.cv1.conv.weight");
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(weight[i] == expected[i]);
  CHECK(formula_weight("model.0.conv.bias", {4}, golden.gain()) ==
        golden.values("formula.model.0.conv.bias"));
}

TEST_CASE("yolov8: every block equals Ultralytics' on every runtime") {
  const Golden golden;
  const Checkpoint weights = tiny_weights(golden);
  const Program program = tiny_program(golden, &weights);
  const auto usable = usable_backends();
  REQUIRE(!usable.empty());
  for (const Backend* backend : usable) {
    CAPTURE(backend->name());
    const auto blocks = errors(golden, program.graph("main"), weights, *backend, true);
    CHECK(blocks.size() >= 20);
    for (const auto& [name, error] : blocks) {
      CAPTURE(name);
      CHECK(error < tolerance);
    }
    CHECK(errors(golden, program.graph("main"), weights, *backend, false).at("output") < tolerance);
  }
}

TEST_CASE("yolov8: the goldens notice a weight that is permuted and a block that is skipped") {
  const Golden golden;
  const Backend& backend = find_backend("reference");
  const Checkpoint weights = tiny_weights(golden);
  const Program program = tiny_program(golden, &weights);

  Checkpoint permuted = tiny_weights(golden);
  permute_weight(permuted, "model.4.m.0.cv1.conv.weight");
  const auto after_permuting = errors(golden, program.graph("main"), permuted, backend, true);
  CHECK(after_permuting.at("output") > 100 * tolerance);
  CHECK(after_permuting.at("model.3") < tolerance);
  CHECK(wrong(after_permuting) > 10);

  const Graph shorter = skip_block(program.graph("main"), "model.4.m.1");
  const auto after_skipping = errors(golden, shorter, weights, backend, true);
  CHECK(after_skipping.at("output") > 100 * tolerance);
  CHECK(after_skipping.at("model.3") < tolerance);
  CHECK(wrong(after_skipping) > 8);
}

}  // namespace lp
