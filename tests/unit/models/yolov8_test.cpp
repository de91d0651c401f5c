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

/// What a tiny model of a family computed for PyTorch.
struct Golden {
  Family family;
  Checkpoint file;

  std::string text(const char* key) const { return file.metadata.at(key).get<std::string>(); }
  int number(const char* key) const { return std::stoi(text(key)); }
  std::vector<float> values(const std::string& name) const { return to_f32(file.tensors.at(name)); }
  double gain() const { return std::stod(text("gain")); }
};

Golden detection() {
  return {models::yolov8(), read_safetensors(LP_TEST_DATA "/models/yolov8-tiny.safetensors")};
}

Golden segmentation() {
  return {models::yolov8_seg(), read_safetensors(LP_TEST_DATA "/models/yolov8-seg-tiny.safetensors")};
}

Program tiny_program(const Golden& golden, const Checkpoint* checkpoint) {
  ModelInfo info;
  info.family = golden.family.name;
  info.config = {{"width", nlohmann::json::parse("[" + golden.text("widths") + "]")},
                 {"repeats", golden.number("repeats")},
                 {"classes", golden.number("classes")},
                 {"bins", 16}};
  for (const char* key : {"masks", "protos"})
    if (golden.file.metadata.contains(key)) info.config[key] = golden.number(key);
  return golden.family.build(
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

/// The error of every golden block and of the outputs, for the picture of the formula. `keep`: every value
/// can be read; otherwise the graph is compiled as users run it, and only its outputs can.
std::map<std::string, double> errors(const Golden& golden, const Graph& graph, const Checkpoint& weights,
                                     const Backend& backend, bool keep) {
  std::vector<float> image;
  for (const double u : formula_uniform("images", 3LL * golden.number("height") * golden.number("width")))
    image.push_back(static_cast<float>(u));
  const TensorView in{DType::f32, sizes(graph[graph.inputs().front()].shape), {}, image.data()};
  std::map<std::string, std::vector<float>> made;
  std::vector<TensorView> outputs;
  for (const Graph::Output& output : graph.outputs) {
    std::vector<float>& values = made[output.name];
    values.resize(static_cast<std::size_t>(elements(graph[output.id].shape)));
    outputs.push_back({DType::f32, sizes(graph[output.id].shape), {}, values.data()});
  }
  CompileOptions options;
  if (keep) options.keep = {"*"};

  std::map<std::string, double> found;
  Lane lane(1);
  lane.run([&] {
    const auto instance = backend.compile(graph, backend.weights(weights), options)->instance();
    instance->run({std::span(&in, 1), outputs});
    for (const auto& [name, stored] : golden.file.tensors)
      if (keep && name.starts_with("model."))
        found[name] = relative_rms(instance->value(name), golden.values(name));
  });
  for (const auto& [name, values] : made) found[name] = relative_rms(values, golden.values(name));
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
  const Golden golden = detection();
  const auto weight = formula_weight("model.9.cv1.conv.weight", {6, 12, 1, 1}, golden.gain());
  const auto expected = golden.values("formula.model.9.cv1.conv.weight");
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(weight[i] == expected[i]);
  CHECK(formula_weight("model.0.conv.bias", {4}, golden.gain()) ==
        golden.values("formula.model.0.conv.bias"));
}

namespace {

void check_blocks(const Golden& golden, std::size_t least) {
  const Checkpoint weights = tiny_weights(golden);
  const Program program = tiny_program(golden, &weights);
  const auto usable = usable_backends();
  REQUIRE(!usable.empty());
  for (const Backend* backend : usable) {
    CAPTURE(backend->name());
    const auto blocks = errors(golden, program.graph("main"), weights, *backend, true);
    CHECK(blocks.size() >= least);
    for (const auto& [name, error] : blocks) {
      CAPTURE(name);
      CHECK(error < tolerance);
    }
    for (const auto& [name, error] : errors(golden, program.graph("main"), weights, *backend, false)) {
      CAPTURE(name);
      CHECK(error < tolerance);
    }
  }
}

}  // namespace

TEST_CASE("yolov8: every block equals Ultralytics' on every runtime") {
  check_blocks(detection(), 20);
}

TEST_CASE("yolov8-seg: every block equals Ultralytics' on every runtime") {
  check_blocks(segmentation(), 30);
}

TEST_CASE("yolov8: the goldens notice a weight that is permuted and a block that is skipped") {
  const Golden golden = detection();
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

TEST_CASE("yolov8-seg: the goldens notice what is wrong with masks alone") {
  const Golden golden = segmentation();
  const Backend& backend = find_backend("reference");
  const Checkpoint weights = formula_checkpoint(tiny_program(golden, nullptr).graph("main"), golden.gain());
  const Program program = tiny_program(golden, &weights);
  const Graph& graph = program.graph("main");
  const auto errors_with = [&](const std::string& permuted) {
    Checkpoint changed = tiny_weights(golden);
    permute_weight(changed, permuted);
    return errors(golden, graph, changed, backend, true);
  };

  const auto upsample = errors_with("model.22.proto.upsample.weight");
  CHECK(upsample.at("protos") > 100 * tolerance);
  CHECK(upsample.at("model.22.proto.cv1") < tolerance);
  CHECK(upsample.at("coefficients") < tolerance);
  CHECK(upsample.at("output") < tolerance);

  const auto branch = errors_with("model.22.cv4.1.0.conv.weight");
  CHECK(branch.at("coefficients") > 100 * tolerance);
  CHECK(branch.at("protos") < tolerance);
  CHECK(branch.at("output") < tolerance);

  const auto skipped = errors(golden, skip_block(graph, "model.22.proto.cv2"), weights, backend, true);
  CHECK(skipped.at("protos") > 100 * tolerance);
  CHECK(skipped.at("output") < tolerance);
}

TEST_CASE("yolov8: the two families are told apart by their tensors") {
  const auto family_of = [](const Golden& golden) { return recognize(tiny_weights(golden)).name; };
  CHECK(family_of(detection()) == "yolov8");
  CHECK(family_of(segmentation()) == "yolov8-seg");
  const ModelInfo info = models::yolov8_seg().describe(tiny_weights(segmentation()));
  CHECK(info.task == "segment");
  CHECK(info.config.at("masks") == 5);
  CHECK(info.config.at("protos") == 7);

  ModelInfo broken = info;
  broken.config["masks"] = 0;
  CHECK_THROWS_AS(models::yolov8_seg().build(nullptr, broken, {.image_width = 32, .image_height = 32}),
                  Error);
  broken.config.erase("masks");
  CHECK_THROWS_AS(models::yolov8_seg().build(nullptr, broken, {.image_width = 32, .image_height = 32}),
                  Error);
  Checkpoint pose = tiny_weights(detection());
  pose.metadata["task"] = "pose";
  CHECK_THROWS_AS(models::yolov8().describe(pose), Error);
}

}  // namespace lp
