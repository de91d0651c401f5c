// DETR with a ResNet of bottlenecks. Sources: Carion et al. 2020, arXiv:2005.12872; He et al. 2015,
// arXiv:1512.03385; names and shapes of published checkpoints (Hugging Face, facebook/detr-resnet-50 and
// -101). Weights have batch norm folded into the convolutions (formats/batch_norm.hpp).
#include "models/vision/detr.hpp"

#include "base/error.hpp"
#include "models/config_file.hpp"
#include "nn/layers.hpp"

#include <array>
#include <cmath>
#include <numbers>

namespace lp::models {
using namespace nn;
namespace {

constexpr std::string_view backbone = "model.backbone.conv_encoder.model";
constexpr std::int64_t first_width = 64, expansion = 4;
constexpr float epsilon = 1e-5F;  // of the norms: torch.nn.LayerNorm's default

// Source: facebook/detr-resnet-50, preprocessor_config.json.
constexpr std::string_view usual_preprocessing = R"({"image_processor_type": "DetrImageProcessor",
    "size": {"shortest_edge": 800, "longest_edge": 1333}, "resample": 2,
    "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]})";

/// Three convolutions, the second of which strides, and the way around them.
Tensor bottleneck(Tensor x, Scope w, std::int64_t width, std::int64_t stride, bool projects) {
  const Tensor narrow = relu(conv2d(x, w / "conv1", width));
  const Tensor middle = relu(conv2d(narrow, w / "conv2", width, {.kernel = 3, .stride = stride}));
  const Tensor around = projects ? conv2d(x, w / "downsample" / 0, width * expansion, {.stride = stride}) : x;
  return named(relu(conv2d(middle, w / "conv3", width * expansion) + around), w.path());
}

Tensor resnet(Tensor images, Scope w, const std::vector<std::int64_t>& depths) {
  Tensor x = relu(conv2d(images, w / "conv1", first_width, {.kernel = 7, .stride = 2}));
  x = max_pool2d(x, 3, 2, 1);
  for (std::size_t stage = 0; stage < depths.size(); ++stage) {
    const std::int64_t width = first_width << stage;
    for (std::int64_t i = 0; i < depths[stage]; ++i)
      x = bottleneck(x, w / fmt::format("layer{}", stage + 1) / static_cast<int>(i), width,
                     i == 0 && stage > 0 ? 2 : 1, i == 0);
  }
  return x;
}

/// Half of the width tells the row, half the column: sines and cosines of its place, which goes from 0 to 2
/// pi, at wavelengths from 2 pi to 20,000 pi. [1, height * width, channels]
Tensor sine_positions(Graph& graph, std::int64_t height, std::int64_t width, std::int64_t channels) {
  constexpr double temperature = 10000, tiny = 1e-6;
  const std::int64_t half = channels / 2;
  std::vector<float> values;
  const auto add = [&](std::int64_t at, std::int64_t size) {
    const double place =
        static_cast<double>(at + 1) / (static_cast<double>(size) + tiny) * 2 * std::numbers::pi;
    for (std::int64_t i = 0; i < half; ++i) {
      const std::int64_t even = i - i % 2;
      const double angle =
          place / std::pow(temperature, static_cast<double>(even) / static_cast<double>(half));
      values.push_back(static_cast<float>(i % 2 == 0 ? std::sin(angle) : std::cos(angle)));
    }
  };
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x) {
      add(y, height);
      add(x, width);
    }
  return constant(graph, "positions", {{"n", 1}, {"s", height * width}, {"d", channels}}, std::move(values));
}

struct Sizes {
  std::int64_t width = 0, queries = 0, classes = 0, mlp = 0;
  std::int64_t encoder_depth = 0, encoder_heads = 0, decoder_depth = 0, decoder_heads = 0;
};

/// Queries and keys know their places, values do not.
Tensor attend(Tensor query, Tensor key, Tensor value, Scope w, std::int64_t heads) {
  const std::int64_t width = query.shape().back().size.size();
  const Tensor found = attention(linear(query, w / "q_proj", width), linear(key, w / "k_proj", width),
                                 linear(value, w / "v_proj", width), {.heads = heads});
  return linear(found, w / "out_proj", width);
}

Tensor norm(Tensor x, Scope w) {
  return layer_norm(x, w, epsilon);
}

Tensor feed_forward(Tensor x, Scope w, std::int64_t mlp) {
  const std::int64_t width = x.shape().back().size.size();
  const Tensor y = linear(relu(linear(x, w / "fc1", mlp)), w / "fc2", width) + x;
  return named(norm(y, w / "final_layer_norm"), w.path());
}

Tensor encoder_layer(Tensor x, Tensor positions, Scope w, const Sizes& sizes) {
  const Tensor placed = x + positions;
  const Tensor y = attend(placed, placed, x, w / "self_attn", sizes.encoder_heads) + x;
  return feed_forward(norm(y, w / "self_attn_layer_norm"), w, sizes.mlp);
}

Tensor decoder_layer(Tensor x, Tensor queries, Tensor image, Tensor placed_image, Scope w,
                     const Sizes& sizes) {
  const Tensor placed = x + queries;
  const Tensor own = attend(placed, placed, x, w / "self_attn", sizes.decoder_heads) + x;
  // The first layer's own part is the same for all pictures: it is computed once and for one of them.
  const std::int64_t times = image.size("n").size() / own.size("n").size();
  const Tensor y = repeat(norm(own, w / "self_attn_layer_norm"), "n", times);
  const Tensor seen = attend(y + queries, placed_image, image, w / "encoder_attn", sizes.decoder_heads) + y;
  return feed_forward(norm(seen, w / "encoder_attn_layer_norm"), w, sizes.mlp);
}

/// What is not there starts as nothing, for every picture: [n=1, queries, width] zeros.
Tensor nothing(Graph& graph, const Sizes& sizes) {
  std::vector<float> zeros(static_cast<std::size_t>(sizes.queries * sizes.width));
  return constant(graph, "nothing", {{"n", 1}, {"s", sizes.queries}, {"d", sizes.width}}, std::move(zeros));
}

Tensor boxes_of(Tensor x, Scope w, std::int64_t width) {
  Tensor y = relu(linear(x, w / "layers" / 0, width));
  y = relu(linear(y, w / "layers" / 1, width));
  return sigmoid(linear(y, w / "layers" / 2, 4));
}

bool recognizes(const Checkpoint& checkpoint) {
  return checkpoint.tensors.contains("bbox_predictor.layers.0.weight") &&
         checkpoint.tensors.contains("model.query_position_embeddings.weight") &&
         checkpoint.tensors.contains("model.decoder.layers.0.encoder_attn.q_proj.weight");
}

ModelInfo describe(const Checkpoint& checkpoint) {
  const nlohmann::json given = side_file(checkpoint, "config.json");
  const auto refuse = [&](const std::string& what) {
    fail(Fault::unsupported, "{}: a DETR {}, which this version does not run", checkpoint.file, what);
  };
  const std::string stage = std::string(backbone) + ".layer";
  if (!checkpoint.tensors.contains(stage + "1.0.conv3.weight"))
    refuse("on another backbone than a ResNet of bottlenecks");
  if (config_flag(given, "dilation", false)) refuse("with a dilated last stage");
  if (config_text(given, "activation_function", "relu") != "relu") refuse("without relu");
  if (config_text(given, "position_embedding_type", "sine") != "sine") refuse("with learned positions");
  ModelInfo info{.family = "detr", .task = "detect"};
  std::vector<std::int64_t> depths;
  for (int i = 1; i <= 4; ++i)
    depths.push_back(count_blocks(checkpoint, fmt::format("{}{}.", stage, i), ".conv1.weight"));
  info.variant = depths[2] == 6 ? "resnet-50" : depths[2] == 23 ? "resnet-101" : "custom";
  const std::int64_t classes = axis_size(checkpoint, "class_labels_classifier.weight", 0);
  if (classes < 2) fail(Fault::bad_model, "{}: a DETR without classes", checkpoint.file);
  info.labels = config_labels(given, classes - 1);
  const bool is_given = checkpoint.side_files.contains("preprocessor_config.json");
  info.preprocessing = {{"hugging_face", is_given ? side_file(checkpoint, "preprocessor_config.json")
                                                  : nlohmann::json::parse(usual_preprocessing)}};
  if (!is_given) info.preprocessing["assumed"] = true;
  info.image_size = 800;  // the shorter side
  info.license = config_text(given, "license", "");
  info.config = {{"depths", depths},
                 {"width", axis_size(checkpoint, "model.query_position_embeddings.weight", 1)},
                 {"queries", axis_size(checkpoint, "model.query_position_embeddings.weight", 0)},
                 {"classes", classes},
                 {"mlp", axis_size(checkpoint, "model.encoder.layers.0.fc1.weight", 0)},
                 {"encoder_depth", count_blocks(checkpoint, "model.encoder.layers.", ".fc1.weight")},
                 {"encoder_heads", config_integer(given, "encoder_attention_heads", 8)},
                 {"decoder_depth", count_blocks(checkpoint, "model.decoder.layers.", ".fc1.weight")},
                 {"decoder_heads", config_integer(given, "decoder_attention_heads", 8)}};
  return info;
}

Sizes sizes_of(const nlohmann::json& config) {
  const auto size = [&](const char* key, std::int64_t most) { return stored_size(config, key, most); };
  const Sizes sizes{.width = size("width", 8192),
                    .queries = size("queries", 10000),
                    .classes = size("classes", 1 << 20),
                    .mlp = size("mlp", 65536),
                    .encoder_depth = size("encoder_depth", 100),
                    .encoder_heads = size("encoder_heads", 1024),
                    .decoder_depth = size("decoder_depth", 100),
                    .decoder_heads = size("decoder_heads", 1024)};
  if (sizes.width % 4 != 0)
    fail(Fault::bad_model, "detr: a width of {} has no sines and cosines for rows and columns", sizes.width);
  return sizes;
}

std::vector<std::int64_t> depths_of(const nlohmann::json& config) {
  std::vector<std::int64_t> depths;
  try {
    depths = config.at("depths").get<std::vector<std::int64_t>>();
  } catch (const nlohmann::json::exception&) {
    depths.clear();
  }
  const bool sane = depths.size() == 4 && std::ranges::all_of(depths, [](std::int64_t depth) {
                      return depth >= 1 && depth <= 200;
                    });
  if (!sane) fail(Fault::bad_model, "detr: the configuration {} is not possible", config.dump());
  return depths;
}

Program build(const Checkpoint* checkpoint, const ModelInfo& info, const BuildOptions& options) {
  const Sizes sizes = sizes_of(info.config);
  Program program;
  Graph& graph = program.graphs.emplace_back("main");
  Binder binder(graph, checkpoint);
  const Scope w(binder);
  const Tensor images =
      input(graph, "images",
            {{"n", options.batch}, {"c", 3}, {"h", options.image_height}, {"w", options.image_width}});
  const Tensor features = resnet(images, w / backbone, depths_of(info.config));
  const Tensor narrow = conv2d(features, w / "model.input_projection", sizes.width);
  const Tensor positions =
      sine_positions(graph, narrow.size("h").size(), narrow.size("w").size(), sizes.width);
  Tensor image = transpose(flatten(narrow, "h", "w", "s"), "n,s,c");
  for (int i = 0; i < sizes.encoder_depth; ++i)
    image = encoder_layer(image, positions, w / "model.encoder.layers" / i, sizes);

  const Tensor queries =
      w("model.query_position_embeddings.weight", {{"s", sizes.queries}, {"d", sizes.width}});
  const Tensor placed_image = image + positions;
  Tensor x = nothing(graph, sizes);
  for (int i = 0; i < sizes.decoder_depth; ++i)
    x = decoder_layer(x, queries, image, placed_image, w / "model.decoder.layers" / i, sizes);
  x = norm(x, w / "model.decoder.layernorm");
  graph.outputs = {{"logits", linear(x, w / "class_labels_classifier", sizes.classes).id},
                   {"boxes", boxes_of(x, w / "bbox_predictor", sizes.width).id}};
  binder.check_all_bound({});
  return program;
}

}  // namespace

Family detr() {
  return {.name = "detr",
          .task = "detect",
          .doc = "DETR with ResNet-50 or -101, object detection (Hugging Face checkpoints)",
          .recognizes = recognizes,
          .describe = describe,
          .build = build,
          .precision_rules = "*out_proj.add=f32;*fc2.add=f32;bbox_predictor*=f32",
          .batch_norm_eps = 1e-5};  // torchvision's FrozenBatchNorm2d, which published ones were trained with
}

}  // namespace lp::models
