// YOLOv8 object detection. Weights: Ultralytics checkpoints with batch norm, which is folded into the
// convolutions when they are opened, or without. Source: names and shapes of published checkpoints;
// Ultralytics' model description yolov8.yaml (facts only).
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

/// The detection head: for each level a branch for boxes (`cv2`) and one for classes (`cv3`).
Tensor detect(const std::vector<Tensor>& levels, Scope w, const Config& config) {
  const std::int64_t narrowest = levels.front().size("c").size();
  const std::int64_t box_width = std::max({std::int64_t{16}, narrowest / 4, 4 * config.bins});
  const std::int64_t class_width = std::max(narrowest, std::min(config.classes, std::int64_t{100}));
  std::vector<Tensor> boxes, scores;
  std::int64_t stride = 8;
  for (int i = 0; i < static_cast<int>(levels.size()); ++i, stride *= 2) {
    const auto branch = [&, x = levels[static_cast<std::size_t>(i)]](Scope b, std::int64_t width,
                                                                     std::int64_t out) {
      const Tensor first = conv(x, b / 0, width, {.kernel = 3});
      const Tensor second = conv(first, b / 1, width, {.kernel = 3});
      return conv2d(second, b / 2, out);
    };
    const Tensor box = branch(w / "cv2" / i, box_width, 4 * config.bins);
    const Tensor score = branch(w / "cv3" / i, class_width, config.classes);
    boxes.push_back(dfl_boxes(box, config.bins, stride));
    scores.push_back(flatten(sigmoid(score), "h", "w", "a"));
  }
  const Tensor all_boxes = concat(boxes, "a");
  const Tensor all_scores = concat(scores, "a");
  return named(concat({all_boxes, all_scores}, "c"), w.path());
}

Tensor yolov8_graph(Tensor image, Scope w, const Config& config) {
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
  return detect({out_fine, out_middle, out_coarse}, w / 22, config);
}

bool recognizes(const Checkpoint& checkpoint) {
  return checkpoint.tensors.contains("model.0.conv.weight") &&
         checkpoint.tensors.contains("model.2.cv1.conv.weight") &&
         checkpoint.tensors.contains("model.22.cv2.0.2.weight") &&
         checkpoint.tensors.contains("model.22.cv3.0.2.weight");
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

ModelInfo describe(const Checkpoint& checkpoint) {
  if (const std::string task = text_of(checkpoint, "task"); !task.empty() && task != "detect")
    fail(Fault::unsupported, "{}: a YOLOv8 for the task `{}`; this version runs those for `detect`",
         checkpoint.file, task);
  const Config config = read_config(checkpoint);
  ModelInfo info{.family = "yolov8", .task = "detect", .variant = "custom"};
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
  return info;
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

Config stored_config(const ModelInfo& info) {
  try {
    Config config;
    config.width = info.config.at("width").get<std::array<std::int64_t, 5>>();
    config.repeats = info.config.at("repeats").get<int>();
    config.classes = info.config.at("classes").get<std::int64_t>();
    config.bins = info.config.at("bins").get<std::int64_t>();
    const bool sane = std::all_of(config.width.begin(), config.width.end(),
                                  [](std::int64_t c) { return c >= 2 && c <= 4096 && c % 2 == 0; }) &&
                      config.repeats >= 1 && config.repeats <= 64 && config.classes >= 1 &&
                      config.classes <= 100'000 && config.bins >= 1 && config.bins <= 256;
    if (!sane) fail(Fault::bad_model, "yolov8: the configuration {} is not possible", info.config.dump());
    return config;
  } catch (const nlohmann::json::exception&) {
    fail(Fault::bad_model, "yolov8: the configuration {} lacks a size", info.config.dump());
  }
}

Program build(const Checkpoint* checkpoint, const ModelInfo& info, const BuildOptions& options) {
  if (options.image_width % max_stride != 0 || options.image_height % max_stride != 0 ||
      options.image_width < max_stride || options.image_height < max_stride || options.batch < 1)
    fail(Fault::bad_input, "YOLOv8 takes images whose sides are multiples of {} pixels, not {}x{}",
         max_stride, options.image_width, options.image_height);
  const Config config = stored_config(info);
  Program program;
  Graph& graph = program.graphs.emplace_back("main");
  Binder binder(graph, checkpoint);
  const Tensor images =
      input(graph, "images",
            {{"n", options.batch}, {"c", 3}, {"h", options.image_height}, {"w", options.image_width}});
  const Tensor output = yolov8_graph(images, Scope(binder) / "model", config);
  graph.outputs = {{"output", output.id}};
  const std::array<std::string, 1> constants = {"model.22.dfl.conv.weight"};
  binder.check_all_bound(constants);
  if (checkpoint != nullptr) check_expectation_weight(*checkpoint, config.bins);
  return program;
}

}  // namespace

Family yolov8() {
  return {.name = "yolov8",
          .task = "detect",
          .doc = "YOLOv8 n/s/m/l/x object detection (Ultralytics checkpoints and their ONNX files)",
          .recognizes = recognizes,
          .describe = describe,
          .build = build,
          // What the head decodes stays exact: distances and logits are read as f32.
          .precision_rules =
              "model.22=f32;model.22.*.sigmoid*=f32;model.22.*.dfl_boxes*=f32;model.22.*.concat*=f32;"
              "model.22.cv2.?.2=f32;model.22.cv3.?.2=f32",
          .batch_norm_eps = 1e-3};  // Ultralytics utils/torch_utils.py, initialize_weights (8.3.252)
}

}  // namespace lp::models
