// Vision Transformers. Source: Dosovitskiy et al. 2020, arXiv:2010.11929; names and shapes of published
// checkpoints.
#include "models/vision/vit.hpp"

#include "base/error.hpp"
#include "models/config_file.hpp"
#include "models/transformer.hpp"
#include "models/vision/timm_vit.hpp"

#include <array>

namespace lp::models {
using namespace nn;
namespace {

/// What a library calls the parts of a network, and where networks differ.
struct Layout {
  std::string_view name, family, library, preprocessing;
  std::string_view class_token, positions, patches, block, norm, head;
  BlockNames names;
  double epsilon;  // where no configuration says it
  /// preprocessing as published, for checkpoints without it; empty if publishers differ
  std::string_view usual;
  bool antialias = false;  // where positions are brought to another grid
};

constexpr BlockNames vit_names = {.norm1 = "layernorm_before",
                                  .query = "attention.attention.query",
                                  .key = "attention.attention.key",
                                  .value = "attention.attention.value",
                                  .projection = "attention.output.dense",
                                  .norm2 = "layernorm_after",
                                  .fc1 = "intermediate.dense",
                                  .fc2 = "output.dense"};
constexpr BlockNames timm_names = {.norm1 = "norm1",
                                   .qkv = "attn.qkv",
                                   .projection = "attn.proj",
                                   .norm2 = "norm2",
                                   .fc1 = "mlp.fc1",
                                   .fc2 = "mlp.fc2"};
constexpr BlockNames dinov2_names = {.norm1 = "norm1",
                                     .query = "attention.attention.query",
                                     .key = "attention.attention.key",
                                     .value = "attention.attention.value",
                                     .projection = "attention.output.dense",
                                     .scale1 = "layer_scale1.lambda1",
                                     .norm2 = "norm2",
                                     .fc1 = "mlp.fc1",
                                     .fc2 = "mlp.fc2",
                                     .scale2 = "layer_scale2.lambda1"};

// Sources: google/vit-base-patch16-224 and facebook/dinov2-small, preprocessor_config.json. DINOv2's pictures
// have 224 pixels, though its last training was on 518.
constexpr std::string_view usual_vit =
    R"({"image_processor_type": "ViTImageProcessor", "size": {"height": 224, "width": 224}})";
constexpr std::string_view usual_dinov2 = R"({"image_processor_type": "BitImageProcessor",
    "size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224}, "resample": 3,
    "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]})";

constexpr std::array layouts = {Layout{.name = "vit",
                                       .family = "vit",
                                       .library = "hugging_face",
                                       .preprocessing = "preprocessor_config.json",
                                       .class_token = "embeddings.cls_token",
                                       .positions = "embeddings.position_embeddings",
                                       .patches = "embeddings.patch_embeddings.projection",
                                       .block = "encoder.layer",
                                       .norm = "layernorm",
                                       .head = "classifier",
                                       .names = vit_names,
                                       .epsilon = 1e-12,
                                       .usual = usual_vit},
                                Layout{.name = "timm",
                                       .family = "vit",
                                       .library = "timm",
                                       .preprocessing = "config.json",
                                       .class_token = "cls_token",
                                       .positions = "pos_embed",
                                       .patches = "patch_embed.proj",
                                       .block = "blocks",
                                       .norm = "norm",
                                       .head = "head",
                                       .names = timm_names,
                                       .epsilon = 1e-6,
                                       .usual = "",
                                       .antialias = true},
                                Layout{.name = "dinov2",
                                       .family = "dinov2",
                                       .library = "hugging_face",
                                       .preprocessing = "preprocessor_config.json",
                                       .class_token = "embeddings.cls_token",
                                       .positions = "embeddings.position_embeddings",
                                       .patches = "embeddings.patch_embeddings.projection",
                                       .block = "encoder.layer",
                                       .norm = "layernorm",
                                       .names = dinov2_names,
                                       .epsilon = 1e-6,
                                       .usual = usual_dinov2}};

/// What may stand before all names but the classifier's.
constexpr std::array<std::string_view, 4> prefixes = {"", "vit.", "deit.", "dinov2."};

struct Place {
  const Layout* layout;
  std::string prefix;
};

/// The layout that the names of tensors are of. Its blocks' first norm and scale tell it from the others.
std::optional<Place> find_place(const Checkpoint& checkpoint, std::string_view family) {
  for (const Layout& layout : layouts)
    for (const std::string_view prefix : prefixes) {
      const auto has = [&](std::string_view path) {
        return checkpoint.tensors.contains(fmt::format("{}{}", prefix, path));
      };
      const BlockNames& names = layout.names;
      if (layout.family == family && has(layout.class_token) && has(layout.positions) &&
          has(fmt::format("{}.0.{}.weight", layout.block, names.norm1)) &&
          has(fmt::format("{}.0.{}.weight", layout.block, names.qkv.empty() ? names.query : names.qkv)) &&
          (names.scale1.empty() || has(fmt::format("{}.0.{}", layout.block, names.scale1))))
        return Place{&layout, std::string(prefix)};
    }
  return {};
}

std::string variant_of(std::int64_t width) {
  for (const auto& [name, known] :
       {std::pair{"tiny", 192}, {"small", 384}, {"base", 768}, {"large", 1024}, {"huge", 1280}})
    if (width == known) return name;
  return "custom";
}

nlohmann::json preprocessing_of(const Checkpoint& checkpoint, const Layout& layout) {
  if (checkpoint.side_files.contains(layout.preprocessing))
    return {{layout.library, side_file(checkpoint, layout.preprocessing)}};
  if (layout.usual.empty()) return nlohmann::json::object();
  return {{layout.library, nlohmann::json::parse(layout.usual)}, {"assumed", true}};
}

ModelInfo describe(const Checkpoint& checkpoint, const Place& place) {
  constexpr std::int64_t head_width = 64;  // where no configuration says another
  const Layout& layout = *place.layout;
  const bool is_timm = layout.library == "timm";
  const auto path = [&](std::string_view name) { return fmt::format("{}{}", place.prefix, name); };
  const nlohmann::json given = side_file(checkpoint, "config.json");
  if (is_timm) check_timm_vit(given);
  const std::string patches = path(layout.patches) + ".weight", block = path(layout.block) + ".";
  const std::int64_t width = axis_size(checkpoint, patches, 0), patch = axis_size(checkpoint, patches, 2);
  const std::int64_t side = trained_side(axis_size(checkpoint, path(layout.positions), 1));
  if (!checkpoint.tensors.contains(fmt::format("{}0.{}.weight", block, layout.names.fc1)))
    fail(Fault::unsupported,
         "{}: its blocks have a gated unit (as DINOv2 giant), which this version does not run",
         checkpoint.file);
  const std::string head = std::string(layout.head) + ".weight";
  const std::int64_t classes = checkpoint.tensors.contains(head) ? axis_size(checkpoint, head, 0) : 0;
  ModelInfo info{.family = std::string(layout.family),
                 .task = classes > 0 ? "classify" : "embed",
                 .variant = variant_of(width)};
  info.labels = config_labels(given, classes);
  info.preprocessing = preprocessing_of(checkpoint, layout);
  // A size that its patches do not fill is a mistake of the file, not the model's.
  const std::int64_t published = published_side(info.preprocessing);
  info.image_size = static_cast<int>(published > 0 && published % patch == 0 ? published : side * patch);
  info.license = is_timm ? timm_license(given) : config_text(given, "license", "");
  info.config = {{"layout", layout.name},
                 {"prefix", place.prefix},
                 {"width", width},
                 {"patch", patch},
                 {"grid", side},
                 {"depth", count_blocks(checkpoint, block, fmt::format(".{}.weight", layout.names.norm1))},
                 {"heads", is_timm ? timm_heads(given, width)
                                   : config_integer(given, "num_attention_heads", width / head_width)},
                 {"mlp", axis_size(checkpoint, fmt::format("{}0.{}.weight", block, layout.names.fc1), 0)},
                 {"epsilon", config_number(given, "layer_norm_eps", layout.epsilon)},
                 {"activation", gelu_of(config_text(given, "hidden_act", "gelu"))},
                 {"classes", classes}};
  return info;
}

const Layout& find_layout(const nlohmann::json& config) {
  const std::string name = config_text(config, "layout", "");
  for (const Layout& layout : layouts)
    if (layout.name == name) return layout;
  fail(Fault::bad_model, "the configuration's layout is `{}`, none that this program knows", name);
}

Program build(const Checkpoint* checkpoint, const ModelInfo& info, const BuildOptions& options) {
  const nlohmann::json& config = info.config;
  const Layout& layout = find_layout(config);
  const std::int64_t patch = stored_size(config, "patch", 256), side = stored_size(config, "grid", 1024),
                     depth = stored_size(config, "depth", 1000);
  const BlockConfig block = block_config(config);
  const PatchGrid grid = patch_grid(options, patch);
  Program program;
  Graph& graph = program.graphs.emplace_back("main");
  Binder binder(graph, checkpoint);
  const Scope root(binder), w = root.prefixed(config_text(config, "prefix", ""));
  const Tensor images =
      input(graph, "images",
            {{"n", options.batch}, {"c", 3}, {"h", options.image_height}, {"w", options.image_width}});
  const Tensor patches = patch_tokens(images, w / layout.patches, block.width, patch);
  const Tensor token = w(layout.class_token, {{"n", 1}, {"s", 1}, {"c", block.width}});
  const Tensor positions = w(layout.positions, {{"n", 1}, {"s", 1 + side * side}, {"c", block.width}});
  Tensor x = with_class_and_positions(patches, token, positions, grid, layout.antialias);
  for (int i = 0; i < depth; ++i) x = transformer_block(x, w / layout.block / i, layout.names, block);
  const bool classifies = config_integer(config, "classes", 0) > 0;
  // Norms go row by row: where only the class token is used, only it is normed.
  const Tensor normed =
      layer_norm(layout.head.empty() ? x : slice(x, "s", 0, 1), w / layout.norm, block.epsilon);
  const Tensor first = layout.head.empty() ? slice(normed, "s", 0, 1) : normed;
  const Tensor embedding = named(flatten(first, "s", "d", "d"), "embedding");
  graph.outputs = {{"embedding", embedding.id}};
  if (layout.head.empty()) graph.outputs.push_back({"tokens", normed.id});
  if (classifies)
    graph.outputs.push_back(
        {"logits", linear(embedding, root / layout.head, stored_size(config, "classes", 1 << 24)).id});
  // Poolers and mask tokens serve training; a classifier on DINOv2 is another model's.
  const std::array<std::string, 3> unused = {"*pooler.dense.*", "*embeddings.mask_token",
                                             layout.head.empty() ? "classifier.*" : ""};
  binder.check_all_bound(unused);
  return program;
}

template <const std::string_view& family>
bool recognizes(const Checkpoint& checkpoint) {
  return find_place(checkpoint, family).has_value();
}

template <const std::string_view& family>
ModelInfo describe_family(const Checkpoint& checkpoint) {
  const std::optional<Place> place = find_place(checkpoint, family);
  if (!place) fail(Fault::bad_model, "no {} by the names of its tensors", family);
  return describe(checkpoint, *place);
}

/// The patches are computed in f32, 1 % of the work: pixels rounded to bf16 are half of the error of all
/// blocks (DINOv2-small). What goes around the branches is added up in f32: in bf16 it would be rounded twice
/// a block, with the errors of all blocks before.
constexpr std::string_view precision_rules =
    "images=f32;*embeddings.*=f32;patch_embed*=f32;*.add=f32;"
    "*layer.?=f32;*layer.?"
    "?=f32;blocks.?=f32;blocks.?"
    "?=f32";  // apart: two question marks and = are a trigraph

constexpr std::string_view vit_family = "vit", dinov2_family = "dinov2";

}  // namespace

Family vit() {
  return {.name = vit_family,
          .task = "classify",
          .doc = "Vision Transformer tiny to huge, classification (Hugging Face and timm checkpoints)",
          .recognizes = recognizes<vit_family>,
          .describe = describe_family<vit_family>,
          .build = build,
          .precision_rules = precision_rules};
}

Family dinov2() {
  return {.name = dinov2_family,
          .task = "embed",
          .doc = "DINOv2 small to large, image embeddings (Hugging Face checkpoints)",
          .recognizes = recognizes<dinov2_family>,
          .describe = describe_family<dinov2_family>,
          .build = build,
          .precision_rules = precision_rules};
}

}  // namespace lp::models
