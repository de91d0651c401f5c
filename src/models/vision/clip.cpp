// CLIP. Source: Radford et al. 2021, arXiv:2103.00020; names and shapes of published checkpoints.
#include "models/vision/clip.hpp"

#include "base/error.hpp"
#include "formats/tensor_data.hpp"
#include "models/config_file.hpp"
#include "models/transformer.hpp"

#include <array>
#include <cmath>

namespace lp::models {
using namespace nn;
namespace {

constexpr BlockNames block_names = {.norm1 = "layer_norm1",
                                    .query = "self_attn.q_proj",
                                    .key = "self_attn.k_proj",
                                    .value = "self_attn.v_proj",
                                    .projection = "self_attn.out_proj",
                                    .norm2 = "layer_norm2",
                                    .fc1 = "mlp.fc1",
                                    .fc2 = "mlp.fc2"};
constexpr std::string_view patches_path = "vision_model.embeddings.patch_embedding.weight";

bool recognizes(const Checkpoint& checkpoint) {
  return checkpoint.tensors.contains(patches_path) &&
         checkpoint.tensors.contains("text_model.embeddings.token_embedding.weight") &&
         checkpoint.tensors.contains("visual_projection.weight");
}

/// Sizes of one tower, whose names begin with `tower`.
nlohmann::json describe_tower(const Checkpoint& checkpoint, const std::string& tower,
                              const nlohmann::json& given) {
  const std::string layers = tower + ".encoder.layers.";
  const std::int64_t width = axis_size(checkpoint, layers + "0.layer_norm1.weight", 0);
  return {{"width", width},
          {"depth", count_blocks(checkpoint, layers, ".layer_norm1.weight")},
          {"heads", config_integer(given, "num_attention_heads", width / 64)},
          {"mlp", axis_size(checkpoint, layers + "0.mlp.fc1.weight", 0)},
          {"epsilon", config_number(given, "layer_norm_eps", 1e-5)},
          {"activation", gelu_of(config_text(given, "hidden_act", "quick_gelu"))}};
}

nlohmann::json part(const nlohmann::json& given, const char* key) {
  return given.contains(key) && given[key].is_object() ? given[key] : nlohmann::json::object();
}

/// As published for all sizes. Source: openai/clip-vit-base-patch32, preprocessor_config.json.
nlohmann::json usual_preprocessing(int side) {
  return {{"feature_extractor_type", "CLIPFeatureExtractor"}, {"size", side}, {"crop_size", side}};
}

ModelInfo describe(const Checkpoint& checkpoint) {
  const nlohmann::json given = side_file(checkpoint, "config.json");
  const std::string patches(patches_path);
  const std::int64_t patch = axis_size(checkpoint, patches, 2), width = axis_size(checkpoint, patches, 0);
  const std::int64_t side =
      trained_side(axis_size(checkpoint, "vision_model.embeddings.position_embedding.weight", 0));
  ModelInfo info{.family = "clip", .task = "embed"};
  info.variant = fmt::format("{}/{}", width == 768 ? "B" : width == 1024 ? "L" : "custom", patch);
  info.image_size = static_cast<int>(side * patch);
  info.max_tokens =
      static_cast<int>(axis_size(checkpoint, "text_model.embeddings.position_embedding.weight", 0));
  info.license = config_text(given, "license", "");
  const auto scale = checkpoint.tensors.find("logit_scale");
  info.config = {
      {"image", describe_tower(checkpoint, "vision_model", part(given, "vision_config"))},
      {"text", describe_tower(checkpoint, "text_model", part(given, "text_config"))},
      {"patch", patch},
      {"grid", side},
      {"positions", info.max_tokens},
      {"vocabulary", axis_size(checkpoint, "text_model.embeddings.token_embedding.weight", 0)},
      {"embedding", axis_size(checkpoint, "visual_projection.weight", 0)},
      {"scale", scale == checkpoint.tensors.end() ? 100.0 : std::exp(to_f32(scale->second).at(0))}};
  if (checkpoint.side_files.contains("preprocessor_config.json")) {
    info.preprocessing = {{"hugging_face", side_file(checkpoint, "preprocessor_config.json")}};
  } else {
    info.preprocessing = {{"hugging_face", usual_preprocessing(info.image_size)}, {"assumed", true}};
  }
  if (const auto text = checkpoint.side_files.find("tokenizer.json"); text != checkpoint.side_files.end())
    info.tokenizer = text->second;
  return info;
}

/// The projection into the space that both towers share, without bias.
Tensor project(Tensor x, Scope w, std::int64_t width) {
  return named(l2_normalize(linear(x, w, width)), "embedding");
}

void build_image(Graph& graph, Scope root, const nlohmann::json& config, const BuildOptions& options) {
  const BlockConfig block = block_config(part(config, "image"));
  const std::int64_t patch = stored_size(config, "patch", 256), side = stored_size(config, "grid", 1024);
  const PatchGrid grid = patch_grid(options, patch);
  const Scope w = root / "vision_model", embeddings = w / "embeddings";
  const Tensor images =
      input(graph, "images",
            {{"n", options.batch}, {"c", 3}, {"h", options.image_height}, {"w", options.image_width}});
  const Tensor patches = patch_tokens(images, embeddings / "patch_embedding", block.width, patch);
  const Tensor token = embeddings("class_embedding", {{"c", block.width}});
  const Tensor places =
      (embeddings / "position_embedding")("weight", {{"s", 1 + side * side}, {"c", block.width}});
  Tensor x =
      with_class_and_positions(patches, unflatten(unflatten(token, "c", "s", 1, "c"), "s", "n", 1, "s"),
                               unflatten(places, "s", "n", 1, "s"), grid, false);
  x = layer_norm(x, w / "pre_layrnorm", block.epsilon);  // so the checkpoints spell it
  for (int i = 0; i < stored_size(part(config, "image"), "depth", 1000); ++i)
    x = transformer_block(x, w / "encoder.layers" / i, block_names, block);
  const Tensor first = layer_norm(slice(x, "s", 0, 1), w / "post_layernorm", block.epsilon);
  const Tensor y = project(flatten(first, "s", "d", "d"), root / "visual_projection",
                           stored_size(config, "embedding", 16384));
  graph.outputs = {{"embedding", y.id}};
}

void build_text(Graph& graph, Scope root, const nlohmann::json& config, const BuildOptions& options) {
  BlockConfig block = block_config(part(config, "text"));
  block.causal = true;
  const std::int64_t positions = stored_size(config, "positions", 1 << 20);
  const std::int64_t length = options.tokens > 0 ? options.tokens : positions;
  if (length > positions) fail(Fault::bad_input, "this CLIP takes 1 to {} tokens, not {}", positions, length);
  const Scope w = root / "text_model", embeddings = w / "embeddings";
  const Tensor tokens = indices(graph, "tokens", {{"b", options.batch}, {"s", length}});
  const Tensor last = indices(graph, "last", {{"b", options.batch}});
  const Tensor words = (embeddings / "token_embedding")(
      "weight", {{"v", stored_size(config, "vocabulary", 1 << 24)}, {"d", block.width}});
  const Tensor places = (embeddings / "position_embedding")("weight", {{"s", positions}, {"d", block.width}});
  Tensor x = gather(words, tokens) + slice(places, "s", 0, length);
  for (int i = 0; i < stored_size(part(config, "text"), "depth", 1000); ++i)
    x = transformer_block(x, w / "encoder.layers" / i, block_names, block);
  // The embedding is read where the text ends; what follows is masked by the attention's order.
  const Tensor normed = layer_norm(take_row(x, last), w / "final_layer_norm", block.epsilon);
  const Tensor y = project(normed, root / "text_projection", stored_size(config, "embedding", 16384));
  graph.outputs = {{"embedding", y.id}};
}

Program build(const Checkpoint* checkpoint, const ModelInfo& info, const BuildOptions& options) {
  if (options.batch < 1) fail(Fault::bad_input, "a batch has at least one item");
  Program program;
  program.graphs.emplace_back("image");
  program.graphs.emplace_back("text");
  Graph &image = program.graphs.front(), &text = program.graphs.back();
  Binder image_binder(image, checkpoint), text_binder(text, checkpoint);
  build_image(image, Scope(image_binder), info.config, options);
  build_text(text, Scope(text_binder), info.config, options);
  // The scale is in the configuration; position numbers are a buffer.
  const std::array<std::string, 2> unused = {"logit_scale", "*.position_ids"};
  check_all_bound({&image_binder, &text_binder}, unused);
  return program;
}

}  // namespace

Family clip() {
  return {.name = "clip",
          .task = "embed",
          .doc = "CLIP B/32, B/16, L/14: pictures and texts in one space (Hugging Face checkpoints)",
          .recognizes = recognizes,
          .describe = describe,
          .build = build,
          .precision_rules =
              "embedding=f32;*.add=f32;*layers.?=f32;*layers.?"
              "?=f32"};
}

}  // namespace lp::models
