// YOLOv8: object detection and instance segmentation. Weights: Ultralytics checkpoints with batch norm, which
// is folded into the convolutions when they are opened, or without. Source: names and shapes of published
// checkpoints; Ultralytics' model descriptions yolov8.yaml and yolov8-seg.yaml (facts only).
#include "models/vision/yolov8.hpp"

#include "base/error.hpp"
#include "formats/tensor_data.hpp"
#include "models/python_literal.hpp"
#include "nn/layers.hpp"

#include <algorithm>
#include <array>

namespace lp::models {
using namespace nn;
namespace {

/// Channels after the five strided convolutions, and bottlenecks in the first C2f block (the second and third
/// have twice as many).
struct Config {
  std::array<std::int64_t, 5> width{};
  int repeats = 0;
  std::int64_t classes = 0, bins = 16;
  std::int64_t masks = 0, protos = 0;  // of segmentation: coefficients a mask, channels where protos are made
};

struct Variant {
  std::string_view name;
  Config config;
};
constexpr std::array variants = {
    Variant{"n", {{16, 32, 64, 128, 256}, 1}}, Variant{"s", {{32, 64, 128, 256, 512}, 1}},
    Variant{"m", {{48, 96, 192, 384, 576}, 2}}, Variant{"l", {{64, 128, 256, 512, 512}, 3}},
    Variant{"x", {{80, 160, 320, 640, 640}, 3}}};

constexpr std::array strided_convs = {0, 1, 3, 5, 7};  // their places in the model's list of layers
constexpr int max_stride = 32;

Tensor conv(Tensor x, Scope w, std::int64_t out, Conv how = {}, Here at = Here::current()) {
  return named(silu(conv2d(x, w / "conv", out, how, at)), w.path());
}

/// Two 3x3 convolutions, and the way around them where the block asks for it.
Tensor bottleneck(Tensor x, Scope w, bool shortcut) {
  const std::int64_t c = x.size("c").size();
  const Tensor narrow = conv(x, w / "cv1", c, {.kernel = 3});
  const Tensor y = conv(narrow, w / "cv2", c, {.kernel = 3});
  return named(shortcut ? x + y : y, w.path());
}

/// Half the channels pass through a chain of bottlenecks; every stage of the chain is kept and mixed.
Tensor c2f(Tensor x, Scope w, std::int64_t out, int repeats, bool shortcut) {
  auto parts = split(conv(x, w / "cv1", out), 2, "c");
  for (int i = 0; i < repeats; ++i) parts.push_back(bottleneck(parts.back(), w / "m" / i, shortcut));
  return named(conv(concat(parts, "c"), w / "cv2", out), w.path());
}

/// Three 5x5 poolings in a row see 5, 9 and 13 pixels. Source: He et al. 2014, arXiv:1406.4729, in series.
Tensor sppf(Tensor x, Scope w, std::int64_t out) {
  std::vector<Tensor> parts = {conv(x, w / "cv1", out / 2)};
  for (int i = 0; i < 3; ++i) parts.push_back(max_pool2d(parts.back(), 5, 1, 2));
  return named(conv(concat(parts, "c"), w / "cv2", out), w.path());
}

/// What the head does to one level for one kind of answer: two 3x3 convolutions and one by a pixel.
Tensor branch(Tensor level, Scope w, std::int64_t width, std::int64_t out) {
  const Tensor first = conv(level, w / 0, width, {.kernel = 3});
  const Tensor second = conv(first, w / 1, width, {.kernel = 3});
  return conv2d(second, w / 2, out);
}

/// The detection head: for each level a branch for boxes (`cv2`) and one for classes (`cv3`).
Tensor detect(const std::vector<Tensor>& levels, Scope w, const Config& config) {
  const std::int64_t narrowest = levels.front().size("c").size();
  const std::int64_t box_width = std::max({std::int64_t{16}, narrowest / 4, 4 * config.bins});
  const std::int64_t class_width = std::max(narrowest, std::min(config.classes, std::int64_t{100}));
  std::vector<Tensor> boxes, scores;
  std::int64_t stride = 8;
  for (int i = 0; i < static_cast<int>(levels.size()); ++i, stride *= 2) {
    const Tensor level = levels[static_cast<std::size_t>(i)];
    const Tensor box = branch(level, w / "cv2" / i, box_width, 4 * config.bins);
    const Tensor score = branch(level, w / "cv3" / i, class_width, config.classes);
    boxes.push_back(dfl_boxes(box, config.bins, stride));
    scores.push_back(flatten(sigmoid(score), "h", "w", "a"));
  }
  const Tensor all_boxes = concat(boxes, "a");
  const Tensor all_scores = concat(scores, "a");
  return named(concat({all_boxes, all_scores}, "c"), w.path());
}

/// Each anchor's coefficients of its mask, [n, masks, a]: a third branch a level (`cv4`).
Tensor mask_coefficients(const std::vector<Tensor>& levels, Scope w, const Config& config) {
  const std::int64_t width = std::max(levels.front().size("c").size() / 4, config.masks);
  std::vector<Tensor> parts;
  for (int i = 0; i < static_cast<int>(levels.size()); ++i) {
    const Tensor part = branch(levels[static_cast<std::size_t>(i)], w / i, width, config.masks);
    parts.push_back(flatten(part, "h", "w", "a"));
  }
  return named(concat(parts, "a"), w.path());
}

/// The pictures that masks are sums of, [n, masks, h, w], at twice the finest level's size. Source:
/// prototypes of Bolya et al. 2019, arXiv:1904.02689, section 3.1.
Tensor prototypes(Tensor finest, Scope w, const Config& config) {
  const Tensor narrow = conv(finest, w / "cv1", config.protos, {.kernel = 3});
  const Tensor large = conv_transpose2d(narrow, w / "upsample", config.protos, 2);
  const Tensor wide = conv(large, w / "cv2", config.protos, {.kernel = 3});
  return named(conv(wide, w / "cv3", config.masks), w.path());
}

/// Backbone and neck: what the head sees, at strides of 8, 16 and 32 pixels.
std::vector<Tensor> pyramid(Tensor image, Scope w, const Config& config) {
  const auto& [c1, c2, c3, c4, c5] = config.width;
  const int n = config.repeats;
  const Conv down{.kernel = 3, .stride = 2};
  Tensor x = conv(image, w / 0, c1, down);
  x = conv(x, w / 1, c2, down);
  x = c2f(x, w / 2, c2, n, true);
  x = conv(x, w / 3, c3, down);
  const Tensor fine = c2f(x, w / 4, c3, 2 * n, true);
  x = conv(fine, w / 5, c4, down);
  const Tensor middle = c2f(x, w / 6, c4, 2 * n, true);
  x = conv(middle, w / 7, c5, down);
  x = c2f(x, w / 8, c5, n, true);
  const Tensor coarse = sppf(x, w / 9, c5);

  x = concat({resize_nearest(coarse, 2), middle}, "c");
  const Tensor up_middle = c2f(x, w / 12, c4, n, false);
  x = concat({resize_nearest(up_middle, 2), fine}, "c");
  const Tensor out_fine = c2f(x, w / 15, c3, n, false);
  x = concat({conv(out_fine, w / 16, c3, down), up_middle}, "c");
  const Tensor out_middle = c2f(x, w / 18, c4, n, false);
  x = concat({conv(out_middle, w / 19, c4, down), coarse}, "c");
  const Tensor out_coarse = c2f(x, w / 21, c5, n, false);
  return {out_fine, out_middle, out_coarse};
}

bool has_masks(const Checkpoint& checkpoint) {
  return checkpoint.tensors.contains("model.22.cv4.0.2.weight") &&
         checkpoint.tensors.contains("model.22.proto.upsample.weight");
}

bool has_boxes(const Checkpoint& checkpoint) {
  return checkpoint.tensors.contains("model.0.conv.weight") &&
         checkpoint.tensors.contains("model.2.cv1.conv.weight") &&
         checkpoint.tensors.contains("model.22.cv2.0.2.weight") &&
         checkpoint.tensors.contains("model.22.cv3.0.2.weight");
}

bool recognizes_detection(const Checkpoint& checkpoint) {
  return has_boxes(checkpoint) && !has_masks(checkpoint);
}

bool recognizes_segmentation(const Checkpoint& checkpoint) {
  return has_boxes(checkpoint) && has_masks(checkpoint);
}

std::int64_t out_channels(const Checkpoint& checkpoint, const std::string& weight) {
  const auto it = checkpoint.tensors.find(weight);
  if (it == checkpoint.tensors.end() || it->second.shape.size() != 4)
    fail(Fault::bad_model, "{}: no convolution `{}`, which every YOLOv8 has", checkpoint.file, weight);
  return it->second.shape[0];
}

Config read_config(const Checkpoint& checkpoint) {
  Config config;
  for (std::size_t i = 0; i < config.width.size(); ++i)
    config.width[i] = out_channels(checkpoint, fmt::format("model.{}.conv.weight", strided_convs[i]));
  while (checkpoint.tensors.contains(fmt::format("model.2.m.{}.cv1.conv.weight", config.repeats)))
    ++config.repeats;
  config.classes = out_channels(checkpoint, "model.22.cv3.0.2.weight");
  config.bins = out_channels(checkpoint, "model.22.cv2.0.2.weight") / 4;
  if (has_masks(checkpoint)) {
    config.masks = out_channels(checkpoint, "model.22.cv4.0.2.weight");
    config.protos = out_channels(checkpoint, "model.22.proto.cv1.conv.weight");
  }
  return config;
}

/// Labels as Ultralytics writes them, a Python dict as text; "class 7" for one that is not named.
std::vector<std::string> read_labels(const Checkpoint& checkpoint, std::int64_t classes) {
  std::vector<std::string> labels;
  labels.reserve(static_cast<std::size_t>(classes));
  for (std::int64_t i = 0; i < classes; ++i) labels.push_back(fmt::format("class {}", i));
  const auto names = checkpoint.metadata.find("names");
  if (names == checkpoint.metadata.end() || !names->is_string()) return labels;
  for (const auto& [id, label] : parse_python_dict(names->get<std::string>()))
    if (id >= 0 && id < classes) labels[static_cast<std::size_t>(id)] = label;
  return labels;
}

std::string text_of(const Checkpoint& checkpoint, const char* key) {
  const auto it = checkpoint.metadata.find(key);
  return it != checkpoint.metadata.end() && it->is_string() ? it->get<std::string>() : "";
}

ModelInfo describe(const Checkpoint& checkpoint, const std::string& family, const std::string& task) {
  if (const std::string stated = text_of(checkpoint, "task"); !stated.empty() && stated != task)
    fail(Fault::unsupported,
         "{}: a YOLOv8 for the task `{}` with the tensors of one for `{}`; this version runs those for "
         "`detect` "
         "and `segment`",
         checkpoint.file, stated, task);
  const Config config = read_config(checkpoint);
  ModelInfo info{.family = family, .task = task, .variant = "custom"};
  for (const Variant& variant : variants)
    if (variant.config.width == config.width && variant.config.repeats == config.repeats)
      info.variant = variant.name;
  info.labels = read_labels(checkpoint, config.classes);
  const std::vector<std::int64_t> trained = parse_integers(text_of(checkpoint, "imgsz"));
  info.image_size =
      trained.empty() ? 640 : static_cast<int>(std::clamp<std::int64_t>(trained.front(), max_stride, 8192));
  info.license = text_of(checkpoint, "license");
  info.config = {{"width", config.width},
                 {"repeats", config.repeats},
                 {"classes", config.classes},
                 {"bins", config.bins}};
  if (config.masks > 0) {
    info.config["masks"] = config.masks;
    info.config["protos"] = config.protos;
  }
  return info;
}

ModelInfo describe_detection(const Checkpoint& checkpoint) {
  return describe(checkpoint, "yolov8", "detect");
}

ModelInfo describe_segmentation(const Checkpoint& checkpoint) {
  return describe(checkpoint, "yolov8-seg", "segment");
}

/// The weight of the head's expectation is a constant, 0 to bins - 1: the op dfl_boxes has it built in.
void check_expectation_weight(const Checkpoint& checkpoint, std::int64_t bins) {
  const auto it = checkpoint.tensors.find("model.22.dfl.conv.weight");
  if (it == checkpoint.tensors.end()) return;
  const std::vector<float> values = to_f32(it->second);  // small integers: exact in f16 and bf16 too
  bool as_expected = values.size() == static_cast<std::size_t>(bins);
  for (std::size_t i = 0; as_expected && i < values.size(); ++i)
    as_expected = values[i] == static_cast<float>(i);
  if (!as_expected)
    fail(Fault::bad_model, "{}: `{}` is not 0 to {}, as in every YOLOv8", checkpoint.file, it->first,
         bins - 1);
}

Config stored_config(const ModelInfo& info, bool masks) {
  try {
    Config config;
    config.width = info.config.at("width").get<std::array<std::int64_t, 5>>();
    config.repeats = info.config.at("repeats").get<int>();
    config.classes = info.config.at("classes").get<std::int64_t>();
    config.bins = info.config.at("bins").get<std::int64_t>();
    if (masks) {
      config.masks = info.config.at("masks").get<std::int64_t>();
      config.protos = info.config.at("protos").get<std::int64_t>();
    }
    const bool masks_are_sane =
        !masks || (config.masks >= 1 && config.masks <= 1024 && config.protos >= 1 && config.protos <= 4096);
    const bool sane = std::all_of(config.width.begin(), config.width.end(),
                                  [](std::int64_t c) { return c >= 2 && c <= 4096 && c % 2 == 0; }) &&
                      config.repeats >= 1 && config.repeats <= 64 && config.classes >= 1 &&
                      config.classes <= 100'000 && config.bins >= 1 && config.bins <= 256 && masks_are_sane;
    if (!sane)
      fail(Fault::bad_model, "{}: the configuration {} is not possible", info.family, info.config.dump());
    return config;
  } catch (const nlohmann::json::exception&) {
    fail(Fault::bad_model, "{}: the configuration {} lacks a size", info.family, info.config.dump());
  }
}

Program build(const Checkpoint* checkpoint, const Config& config, const BuildOptions& options) {
  if (options.image_width % max_stride != 0 || options.image_height % max_stride != 0 ||
      options.image_width < max_stride || options.image_height < max_stride || options.batch < 1)
    fail(Fault::bad_input, "YOLOv8 takes images whose sides are multiples of {} pixels, not {}x{}",
         max_stride, options.image_width, options.image_height);
  Program program;
  Graph& graph = program.graphs.emplace_back("main");
  Binder binder(graph, checkpoint);
  const Tensor images =
      input(graph, "images",
            {{"n", options.batch}, {"c", 3}, {"h", options.image_height}, {"w", options.image_width}});
  const Scope model = Scope(binder) / "model", head = model / 22;
  const std::vector<Tensor> levels = pyramid(images, model, config);
  graph.outputs = {{"output", detect(levels, head, config).id}};
  if (config.masks > 0) {
    graph.outputs.push_back({"coefficients", mask_coefficients(levels, head / "cv4", config).id});
    graph.outputs.push_back({"protos", prototypes(levels.front(), head / "proto", config).id});
  }
  const std::array<std::string, 1> constants = {"model.22.dfl.conv.weight"};
  binder.check_all_bound(constants);
  if (checkpoint != nullptr) check_expectation_weight(*checkpoint, config.bins);
  return program;
}

Program build_detection(const Checkpoint* checkpoint, const ModelInfo& info, const BuildOptions& options) {
  return build(checkpoint, stored_config(info, false), options);
}

Program build_segmentation(const Checkpoint* checkpoint, const ModelInfo& info, const BuildOptions& options) {
  return build(checkpoint, stored_config(info, true), options);
}

}  // namespace

Family yolov8() {
  return {.name = "yolov8",
          .task = "detect",
          .doc = "YOLOv8 n/s/m/l/x object detection (Ultralytics checkpoints and their ONNX files)",
          .recognizes = recognizes_detection,
          .describe = describe_detection,
          .build = build_detection,
          // What the head decodes stays exact: distances and logits are read as f32.
          .precision_rules =
              "model.22=f32;model.22.*.sigmoid*=f32;model.22.*.dfl_boxes*=f32;model.22.*.concat*=f32;"
              "model.22.cv2.?.2=f32;model.22.cv3.?.2=f32",
          .batch_norm_eps = 1e-3};  // Ultralytics utils/torch_utils.py, initialize_weights (8.3.252)
}

Family yolov8_seg() {
  return {.name = "yolov8-seg",
          .task = "segment",
          .doc = "YOLOv8 n/s/m/l/x instance segmentation (Ultralytics checkpoints and their ONNX files)",
          .recognizes = recognizes_segmentation,
          .describe = describe_segmentation,
          .build = build_segmentation,
          // As above, and a mask's edge is where a sum of products changes its sign: both sides stay exact.
          .precision_rules =
              "model.22=f32;model.22.*.sigmoid*=f32;model.22.*.dfl_boxes*=f32;model.22.*.concat*=f32;"
              "model.22.cv2.?.2=f32;model.22.cv3.?.2=f32;model.22.cv4=f32;model.22.cv4.?.2*=f32;"
              "model.22.proto=f32",
          .batch_norm_eps = 1e-3};
}

}  // namespace lp::models
