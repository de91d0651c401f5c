// Vision Transformers. Source: Dosovitskiy et al. 2020, arXiv:2010.11929; names and shapes of published
// checkpoints.
#include "models/vision/vit.hpp"

#include "base/error.hpp"
#include "models/config_file.hpp"
#include "models/transformer.hpp"

#include <array>

namespace lp::models {
using namespace nn;
namespace {

/// What a library calls the parts of the network.
struct Layout {
  std::string_view name, preprocessing, class_token, positions, patches, block, first_weight, norm, head;
  BlockNames names;
  double epsilon;  // where no configuration says it
};
constexpr std::array layouts = {
    Layout{"hugging_face", "preprocessor_config.json", "embeddings.cls_token",
           "embeddings.position_embeddings", "embeddings.patch_embeddings.projection", "encoder.layer",
           "layernorm_before.weight", "layernorm", "classifier",
           BlockNames{.norm1 = "layernorm_before",
                      .query = "attention.attention.query",
                      .key = "attention.attention.key",
                      .value = "attention.attention.value",
                      .projection = "attention.output.dense",
                      .norm2 = "layernorm_after",
                      .fc1 = "intermediate.dense",
                      .fc2 = "output.dense"},
           1e-12},
    Layout{"timm", "config.json", "cls_token", "pos_embed", "patch_embed.proj", "blocks", "norm1.weight",
           "norm", "head",
           BlockNames{.norm1 = "norm1",
                      .qkv = "attn.qkv",
                      .projection = "attn.proj",
                      .norm2 = "norm2",
                      .fc1 = "mlp.fc1",
                      .fc2 = "mlp.fc2"},
           1e-6}};
/// What may stand before all names but the classifier's.
constexpr std::array<std::string_view, 3> prefixes = {"", "vit.", "deit."};

struct Place {
  const Layout* layout;
  std::string prefix;
};

/// The layout that the names of tensors are of.
std::optional<Place> find_place(const Checkpoint& checkpoint) {
  for (const Layout& layout : layouts)
    for (const std::string_view prefix : prefixes) {
      const auto has = [&](std::string_view path) {
        return checkpoint.tensors.contains(fmt::format("{}{}", prefix, path));
      };
      if (has(layout.class_token) && has(layout.positions) &&
          has(fmt::format("{}.0.{}", layout.block, layout.first_weight)))
        return Place{&layout, std::string(prefix)};
    }
  return {};
}

bool recognizes(const Checkpoint& checkpoint) {
  return find_place(checkpoint).has_value();
}

/// Heads are 64 wide in every published size; a configuration may say another number.
constexpr std::int64_t head_width = 64;

std::string variant_of(std::int64_t width) {
  for (const auto& [name, known] :
       {std::pair{"tiny", 192}, {"small", 384}, {"base", 768}, {"large", 1024}, {"huge", 1280}})
    if (width == known) return name;
  return "custom";
}

ModelInfo describe(const Checkpoint& checkpoint) {
  const Place place = *find_place(checkpoint);
  const Layout& layout = *place.layout;
  const auto path = [&](std::string_view name) { return fmt::format("{}{}", place.prefix, name); };
  const nlohmann::json given = side_file(checkpoint, "config.json");
  const std::string patches = path(layout.patches) + ".weight", block = path(layout.block) + ".";
  const std::int64_t width = axis_size(checkpoint, patches, 0), patch = axis_size(checkpoint, patches, 2);
  const std::int64_t positions = axis_size(checkpoint, path(layout.positions), 1) - 1;
  std::int64_t side = 1;
  while (side * side < positions && side < 1024) ++side;
  const std::string head = std::string(layout.head) + ".weight";
  const std::int64_t classes = checkpoint.tensors.contains(head) ? axis_size(checkpoint, head, 0) : 0;
  ModelInfo info{.family = "vit", .task = classes > 0 ? "classify" : "embed", .variant = variant_of(width)};
  info.labels = config_labels(given, classes);
  info.image_size = static_cast<int>(side * patch);
  info.license = config_text(given, "license", "");
  info.config = {{"layout", layout.name},
                 {"prefix", place.prefix},
                 {"width", width},
                 {"patch", patch},
                 {"grid", side},
                 {"depth", count_blocks(checkpoint, block, fmt::format(".{}", layout.first_weight))},
                 {"heads", config_integer(given, "num_attention_heads", width / head_width)},
                 {"mlp", axis_size(checkpoint, fmt::format("{}0.{}.weight", block, layout.names.fc1), 0)},
                 {"epsilon", config_number(given, "layer_norm_eps", layout.epsilon)},
                 {"activation", gelu_of(config_text(given, "hidden_act", "gelu"))},
                 {"classes", classes}};
  if (checkpoint.side_files.contains(layout.preprocessing))
    info.preprocessing = {{layout.name, side_file(checkpoint, layout.preprocessing)}};
  return info;
}

const Layout& find_layout(const nlohmann::json& config) {
  const std::string name = config_text(config, "layout", "");
  for (const Layout& layout : layouts)
    if (layout.name == name) return layout;
  fail(Fault::bad_model, "vit: the configuration's layout is `{}`, none that this program knows", name);
}

Program build(const Checkpoint* checkpoint, const ModelInfo& info, const BuildOptions& options) {
  const nlohmann::json& config = info.config;
  const Layout& layout = find_layout(config);
  const std::int64_t patch = stored_size(config, "patch", 256), grid = stored_size(config, "grid", 1024),
                     depth = stored_size(config, "depth", 1000);
  const BlockConfig block{.width = stored_size(config, "width", 16384),
                          .heads = stored_size(config, "heads", 1024),
                          .mlp = stored_size(config, "mlp", 65536),
                          .epsilon = static_cast<float>(config_number(config, "epsilon", 1e-6)),
                          .activation = config_text(config, "activation", "none")};
  const std::int64_t height = options.image_height, width = options.image_width;
  if (height % patch != 0 || width % patch != 0 || height < patch || width < patch || options.batch < 1)
    fail(Fault::bad_input, "this ViT takes pictures whose sides are multiples of {} pixels, not {}x{}", patch,
         width, height);
  Program program;
  Graph& graph = program.graphs.emplace_back("main");
  Binder binder(graph, checkpoint);
  std::string prefix = config_text(config, "prefix", "");
  if (!prefix.empty()) prefix.pop_back();
  const Scope root(binder);
  const Scope w = prefix.empty() ? root : root / prefix;
  const Tensor images = input(graph, "images", {{"n", options.batch}, {"c", 3}, {"h", height}, {"w", width}});
  const Tensor patches = patch_tokens(images, w / layout.patches, block.width, patch);
  const Tensor token = w(layout.class_token, {{"n", 1}, {"s", 1}, {"c", block.width}});
  const Tensor positions = w(layout.positions, {{"n", 1}, {"s", 1 + grid * grid}, {"c", block.width}});
  Tensor x = with_class_and_positions(patches, token, positions, height / patch, width / patch);
  for (int i = 0; i < depth; ++i) x = transformer_block(x, w / layout.block / i, layout.names, block);
  // Norms go row by row, so only the row that is used is normed.
  const Tensor first = layer_norm(slice(x, "s", 0, 1), w / layout.norm, block.epsilon);
  const Tensor embedding = named(flatten(first, "s", "d", "d"), "embedding");
  graph.outputs = {{"embedding", embedding.id}};
  if (const std::int64_t classes = config_integer(config, "classes", 0); classes > 0)
    graph.outputs.push_back({"logits", linear(embedding, root / layout.head, classes).id});
  const std::array<std::string, 2> unused = {"*pooler.dense.*", "*embeddings.mask_token"};
  binder.check_all_bound(unused);
  return program;
}

}  // namespace

Family vit() {
  return {.name = "vit",
          .task = "classify",
          .doc = "Vision Transformer tiny to huge, classification (Hugging Face and timm checkpoints)",
          .recognizes = recognizes,
          .describe = describe,
          .build = build,
          .precision_rules = ""};
}

}  // namespace lp::models
