// DINOv2: a Vision Transformer whose branches are scaled channel by channel. Source: Oquab et al. 2023,
// arXiv:2304.07193; names and shapes of published checkpoints.
#include "models/vision/dinov2.hpp"

#include "base/error.hpp"
#include "models/config_file.hpp"
#include "models/transformer.hpp"

#include <array>

namespace lp::models {
using namespace nn;
namespace {

constexpr BlockNames block_names = {.norm1 = "norm1",
                                    .query = "attention.attention.query",
                                    .key = "attention.attention.key",
                                    .value = "attention.attention.value",
                                    .projection = "attention.output.dense",
                                    .scale1 = "layer_scale1.lambda1",
                                    .norm2 = "norm2",
                                    .fc1 = "mlp.fc1",
                                    .fc2 = "mlp.fc2",
                                    .scale2 = "layer_scale2.lambda1"};

/// What stands before all names: nothing, or the part of a larger model.
std::string_view prefix_of(const Checkpoint& checkpoint) {
  return checkpoint.tensors.contains("dinov2.embeddings.cls_token") ? "dinov2" : "";
}

std::string path(std::string_view prefix, std::string_view name) {
  return prefix.empty() ? std::string(name) : fmt::format("{}.{}", prefix, name);
}

bool recognizes(const Checkpoint& checkpoint) {
  const std::string_view prefix = prefix_of(checkpoint);
  return checkpoint.tensors.contains(path(prefix, "embeddings.cls_token")) &&
         checkpoint.tensors.contains(path(prefix, "encoder.layer.0.layer_scale1.lambda1"));
}

ModelInfo describe(const Checkpoint& checkpoint) {
  const std::string_view prefix = prefix_of(checkpoint);
  const nlohmann::json given = side_file(checkpoint, "config.json");
  if (!checkpoint.tensors.contains(path(prefix, "encoder.layer.0.mlp.fc1.weight")))
    fail(Fault::unsupported,
         "{}: a DINOv2 giant (its blocks have a gated unit), which this version does not run",
         checkpoint.file);
  const std::string patches = path(prefix, "embeddings.patch_embeddings.projection.weight");
  const std::int64_t width = axis_size(checkpoint, patches, 0), patch = axis_size(checkpoint, patches, 2);
  const std::int64_t positions = axis_size(checkpoint, path(prefix, "embeddings.position_embeddings"), 1) - 1;
  std::int64_t side = 1;
  while (side * side < positions && side < 1024) ++side;
  ModelInfo info{.family = "dinov2", .task = "embed", .variant = "custom"};
  for (const auto& [name, known] : {std::pair{"small", 384}, {"base", 768}, {"large", 1024}})
    if (width == known) info.variant = name;
  // Trained on 518 pixels at last, used at the 224 of its preprocessing.
  info.image_size = static_cast<int>(16 * patch);
  info.license = config_text(given, "license", "");
  info.config = {{"prefix", prefix},
                 {"width", width},
                 {"patch", patch},
                 {"grid", side},
                 {"depth", count_blocks(checkpoint, path(prefix, "encoder.layer."), ".norm1.weight")},
                 {"heads", config_integer(given, "num_attention_heads", width / 64)},
                 {"mlp", axis_size(checkpoint, path(prefix, "encoder.layer.0.mlp.fc1.weight"), 0)},
                 {"epsilon", config_number(given, "layer_norm_eps", 1e-6)},
                 {"activation", gelu_of(config_text(given, "hidden_act", "gelu"))}};
  if (checkpoint.side_files.contains("preprocessor_config.json"))
    info.preprocessing = {{"hugging_face", side_file(checkpoint, "preprocessor_config.json")}};
  return info;
}

Program build(const Checkpoint* checkpoint, const ModelInfo& info, const BuildOptions& options) {
  const nlohmann::json& config = info.config;
  const std::int64_t patch = stored_size(config, "patch", 256), grid = stored_size(config, "grid", 1024),
                     depth = stored_size(config, "depth", 1000);
  const BlockConfig block{.width = stored_size(config, "width", 16384),
                          .heads = stored_size(config, "heads", 1024),
                          .mlp = stored_size(config, "mlp", 65536),
                          .epsilon = static_cast<float>(config_number(config, "epsilon", 1e-6)),
                          .activation = config_text(config, "activation", "none")};
  const std::int64_t height = options.image_height, width = options.image_width;
  if (height % patch != 0 || width % patch != 0 || height < patch || width < patch || options.batch < 1)
    fail(Fault::bad_input, "DINOv2 takes pictures whose sides are multiples of {} pixels, not {}x{}", patch,
         width, height);
  Program program;
  Graph& graph = program.graphs.emplace_back("main");
  Binder binder(graph, checkpoint);
  const std::string prefix = config_text(config, "prefix", "");
  const Scope root(binder);
  const Scope w = prefix.empty() ? root : root / prefix;
  const Tensor images = input(graph, "images", {{"n", options.batch}, {"c", 3}, {"h", height}, {"w", width}});
  const Scope embeddings = w / "embeddings";
  const Tensor patches = patch_tokens(images, embeddings / "patch_embeddings.projection", block.width, patch);
  const Tensor token = embeddings("cls_token", {{"n", 1}, {"s", 1}, {"c", block.width}});
  const Tensor positions =
      embeddings("position_embeddings", {{"n", 1}, {"s", 1 + grid * grid}, {"c", block.width}});
  Tensor x = with_class_and_positions(patches, token, positions, height / patch, width / patch);
  for (int i = 0; i < depth; ++i) x = transformer_block(x, w / "encoder.layer" / i, block_names, block);
  const Tensor tokens = layer_norm(x, w / "layernorm", block.epsilon);
  const Tensor embedding = named(flatten(slice(tokens, "s", 0, 1), "s", "d", "d"), "embedding");
  graph.outputs = {{"embedding", embedding.id}, {"tokens", tokens.id}};
  // The mask token stands for hidden patches in training; a classifier is not what this family is for.
  const std::array<std::string, 2> unused = {"*embeddings.mask_token", "classifier.*"};
  binder.check_all_bound(unused);
  return program;
}

}  // namespace

Family dinov2() {
  return {.name = "dinov2",
          .task = "embed",
          .doc = "DINOv2 small to large, image embeddings (Hugging Face checkpoints)",
          .recognizes = recognizes,
          .describe = describe,
          .build = build,
          .precision_rules = ""};
}

}  // namespace lp::models
