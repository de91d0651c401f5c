// Transformers at tiny sizes, weights by formula: every layout builds and runs alike on all runtimes, and
// shapes that no model has are refused.
#include "backends/backend.hpp"
#include "base/error.hpp"
#include "ir/verify.hpp"
#include "models/catalog.hpp"
#include "models/config_file.hpp"
#include "runtime/fold.hpp"
#include "support/formula.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <list>

namespace lp {
namespace {

using nlohmann::json;

json tiny() {
  return {{"width", 32}, {"heads", 2}, {"mlp", 48}, {"depth", 2}, {"epsilon", 1e-5}, {"activation", "none"}};
}

ModelInfo info_of(const std::string& family, const json& more) {
  ModelInfo info{.family = family};
  info.config = tiny();
  info.config.update(more);
  return info;
}

/// Values of the first output, inputs by formula and texts of the tokens 3, 4, 5, ...
std::vector<float> run(const Graph& graph, const Checkpoint& weights, const Backend& backend) {
  std::list<std::vector<float>> real;
  std::list<std::vector<std::int32_t>> whole;
  std::vector<TensorView> inputs, outputs;
  for (const int id : graph.inputs()) {
    const std::vector<std::int64_t> shape = sizes(graph[id].shape);
    const auto count = static_cast<std::size_t>(elements(graph[id].shape));
    if (graph[id].op.as<Indices>() != nullptr) {
      std::vector<std::int32_t>& values = whole.emplace_back(count);
      for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<std::int32_t>(3 + i % 5);
      inputs.push_back({DType::i32, shape, {}, values.data()});
    } else {
      std::vector<float>& values = real.emplace_back();
      for (const double u : formula_uniform(graph[id].name, elements(graph[id].shape)))
        values.push_back(static_cast<float>(2 * u - 1));
      inputs.push_back({DType::f32, shape, {}, values.data()});
    }
  }
  for (const Graph::Output& output : graph.outputs) {
    const Shape& shape = graph[output.id].shape;
    std::vector<float>& values = real.emplace_back(static_cast<std::size_t>(elements(shape)));
    outputs.push_back({DType::f32, sizes(shape), {}, values.data()});
  }
  backend.compile(graph, backend.weights(weights), {})->instance()->run({inputs, outputs});
  const auto* const first = static_cast<const float*>(outputs[0].data);
  return {first, first + outputs[0].elements()};
}

/// Of the differences between some values and the first ones of `all`, relative to the values.
double root_mean_square(const std::vector<float>& some, const std::vector<float>& all) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < some.size(); ++i) {
    difference += std::pow(double{all[i]} - double{some[i]}, 2);
    size += std::pow(double{some[i]}, 2);
  }
  return std::sqrt(difference / size);
}

void check_alike(const ModelInfo& info, const BuildOptions& options) {
  BuildOptions one = options;
  one.batch = 1;
  const Program program = find_family(info.family).build(nullptr, info, options);
  for (const Graph& graph : program.graphs) {
    INFO(info.family << " " << graph.name);
    verify(graph);
    const Checkpoint weights = formula_checkpoint(graph, 1.0);
    const Graph ready = fold_constants(graph, weights);
    const std::vector<float> expected = run(graph, weights, find_backend("reference"));
    const std::vector<float> folded = run(ready, weights, find_backend("reference"));
    CHECK(folded == expected);  // the same operations, once earlier
    const Program first =
        find_family(info.family).build(nullptr, info, one);  // the same inputs begin with it
    const Graph alone = fold_constants(first.graph(graph.name), weights);
    for (const Backend* backend : backends()) {
      const std::vector<float> found = run(ready, weights, *backend);
      CHECK(root_mean_square(run(alone, weights, *backend), found) < 1e-6);
      double worst = 0;
      for (std::size_t i = 0; i < found.size(); ++i)
        worst = std::max(worst, static_cast<double>(std::fabs(found[i] - expected[i])));
      CHECK(worst < 1e-5);
    }
  }
}

/// A checkpoint of shapes alone.
Checkpoint shapes(const std::vector<std::pair<std::string, std::vector<std::int64_t>>>& tensors) {
  Checkpoint checkpoint;
  checkpoint.file = "model.safetensors";
  for (const auto& [name, shape] : tensors) checkpoint.tensors[name] = {DType::f32, shape, {}};
  return checkpoint;
}

}  // namespace

TEST_CASE("pictures: each layout, at its own grid and at another") {
  for (const char* layout : {"vit", "timm", "dinov2"}) {
    const std::string family = std::string(layout) == "dinov2" ? "dinov2" : "vit";
    for (const int side : {16, 24})
      check_alike(
          info_of(family, {{"layout", layout}, {"prefix", ""}, {"patch", 8}, {"grid", 2}, {"classes", 3}}),
          {.batch = 2, .image_width = side, .image_height = 16});
  }
}

TEST_CASE("texts, and pictures and texts in one space") {
  check_alike(info_of("bert", {{"prefix", "bert."}, {"vocabulary", 20}, {"types", 2}, {"positions", 16}}),
              {.batch = 2, .tokens = 9});
  ModelInfo clip{.family = "clip"};
  clip.config = {{"image", tiny()}, {"text", tiny()},   {"patch", 8},     {"grid", 2},
                 {"positions", 12}, {"vocabulary", 20}, {"embedding", 16}};
  check_alike(clip, {.batch = 2, .image_width = 24, .image_height = 16, .tokens = 9});
}

TEST_CASE("a set of things, of two pictures") {
  ModelInfo info{.family = "detr"};
  info.config = {{"depths", {1, 1, 1, 1}}, {"width", 32},        {"queries", 5},
                 {"classes", 4},           {"mlp", 48},          {"encoder_depth", 1},
                 {"encoder_heads", 2},     {"decoder_depth", 2}, {"decoder_heads", 2}};
  check_alike(info, {.batch = 2, .image_width = 64, .image_height = 32});
}

TEST_CASE("pictures of another grid than whole patches are refused") {
  const ModelInfo info = info_of("vit", {{"layout", "vit"}, {"patch", 8}, {"grid", 2}});
  CHECK_THROWS_WITH_AS(
      find_family("vit").build(nullptr, info, {.batch = 1, .image_width = 20, .image_height = 16}),
      "this model takes pictures whose sides are multiples of 8 pixels, not 20x16", Error);
}

TEST_CASE("shapes that no model has are refused, whatever they would come to") {
  const std::int64_t huge = std::int64_t{1} << 62U;
  const std::vector<std::pair<std::string, std::vector<std::int64_t>>> rest = {
      {"cls_token", {1, 1, 64}},
      {"blocks.0.norm1.weight", {64}},
      {"blocks.0.attn.qkv.weight", {192, 64}},
      {"blocks.0.mlp.fc1.weight", {48, 64}}};
  const auto with = [&](std::vector<std::int64_t> patches, std::vector<std::int64_t> positions) {
    auto all = rest;
    all.push_back({"patch_embed.proj.weight", std::move(patches)});
    all.push_back({"pos_embed", std::move(positions)});
    return shapes(all);
  };
  const Family& vit = find_family("vit");
  CHECK(vit.recognizes(with({64, 3, 8, 8}, {1, 5, 64})));
  CHECK(vit.describe(with({64, 3, 8, 8}, {1, 5, 64})).image_size == 16);
  CHECK_THROWS_AS(vit.describe(with({0, 3, huge, 8}, {1, 5, 64})), Error);
  CHECK_THROWS_AS(vit.describe(with({64, 3, huge, 0}, {1, 5, 64})), Error);
  CHECK_THROWS_AS(vit.describe(with({64, 3, 8, 8}, {1, huge, 0})), Error);
  CHECK_THROWS_AS(vit.describe(with({64, 3, 8, 8}, {1})), Error);
  CHECK_THROWS_WITH_AS(vit.describe(with({64, 3, 8, 8}, {1, 7, 64})),
                       "7 positions are not those of a square and a class token", Error);
}

TEST_CASE("what timm's configuration says and shapes do not") {
  const auto described = [](std::int64_t width, const std::string& config) {
    Checkpoint checkpoint = shapes({{"cls_token", {1, 1, width}},
                                    {"pos_embed", {1, 5, width}},
                                    {"patch_embed.proj.weight", {width, 3, 8, 8}},
                                    {"blocks.0.norm1.weight", {width}},
                                    {"blocks.0.attn.qkv.weight", {3 * width, width}},
                                    {"blocks.0.mlp.fc1.weight", {48, width}}});
    if (!config.empty()) checkpoint.side_files["config.json"] = config;
    return find_family("vit").describe(checkpoint);
  };
  CHECK(described(768, "").config["heads"] == 12);
  CHECK(described(1280, R"({"global_pool": "token", "model_args": null})").config["heads"] == 16);
  CHECK(described(192, R"({"model_args": {"num_heads": 6, "act_layer": "gelu"}})").config["heads"] == 6);
  CHECK(described(192, R"({"pretrained_cfg": {"license": "mit"}})").license == "mit");
  const auto refused = [&](std::int64_t width, const char* config, const char* words) {
    CHECK_THROWS_WITH_AS(described(width, config), doctest::Contains(words), Error);
  };
  refused(200, "", "does not say the number of heads");
  refused(768, R"({"global_pool": "avg"})", "`global_pool` is `avg`; this version runs");
  refused(768, R"({"model_args": {"global_pool": "max"}})", "`global_pool` is `max`");
  refused(768, R"({"model_args": {"act_layer": "quick_gelu"}})", "`act_layer` is `quick_gelu`");
  refused(768, R"({"model_args": {"norm_layer": "rmsnorm"}})", "has a `norm_layer` of its own");
  refused(768, R"({"model_args": {"img_size": [64, 256]}})", "`img_size` is [64,256]");
  refused(768, R"({"model_args": 3})", "`model_args` is no object");
}

TEST_CASE("the side of the pictures that preprocessing makes") {
  const auto side = [](const char* text) { return models::published_side(json::parse(text)); };
  CHECK(side(R"({"hugging_face": {"size": 224}})") == 224);
  CHECK(side(R"({"hugging_face": {"size": {"height": 384, "width": 384}}})") == 384);
  CHECK(
      side(
          R"({"hugging_face": {"size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224}}})") ==
      224);
  CHECK(side(R"({"hugging_face": {"size": 256, "crop_size": 224, "do_center_crop": false}})") == 256);
  CHECK(side(R"({"hugging_face": {"size": {"height": 384, "width": 224}}})") == 0);
  CHECK(side(R"({"hugging_face": {"size": {"shortest_edge": 256}}})") == 0);
  CHECK(side(R"({"hugging_face": {"size": -5}})") == 0);
  CHECK(side(R"({"timm": {"pretrained_cfg": {"input_size": [3, 224, 224]}}})") == 224);
  CHECK(side(R"({"timm": {"input_size": [3, 384, 384]}})") == 384);
  CHECK(side(R"({"timm": {"input_size": "no"}})") == 0);
  CHECK(side("{}") == 0);
}

}  // namespace lp
