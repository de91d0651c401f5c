#include "tasks/detector.hpp"

#include "base/error.hpp"
#include "base/stop_watch.hpp"
#include "tasks/image_encoder.hpp"
#include "tasks/letterbox.hpp"
#include "tasks/mask.hpp"
#include "tasks/set_prediction.hpp"

namespace lp {
namespace {

constexpr int stride = 32;  // coarsest level of the detection models that there are

constexpr int largest_set_side = 2048;

/// Most runs of all masks of a picture: 128 MB. 299 ragged masks, each of most of a picture of 90 megapixels,
/// had 12 million (2026-11-26).
constexpr std::size_t most_runs = 32'000'000;

}  // namespace

bool finds_boxes(std::string_view task) {
  return task == "detect" || task == "segment";
}

Detector::Detector(LoadedModel loaded, int size, bool rect, std::string_view task)
    : sessions_(std::move(loaded)), size_(size > 0 ? size : sessions_.info().image_size), rect_(rect) {
  const Model& model = *sessions_.loaded().model;
  if (model.info.task != task)
    fail(Fault::usage, "{}: a model for `{}`, not for `{}`", model.name, model.info.task, task);
  if (!model.info.preprocessing.empty()) {
    // Attention over the whole picture takes time by the fourth power of its side.
    if (size_ < stride || size_ > largest_set_side)
      fail(Fault::bad_input, "{}: the size must be of {} to {} pixels, not {}", model.name, stride,
           largest_set_side, size_);
    if (rect)
      fail(Fault::usage, "{}: it takes pictures as they are, so there is nothing for --rect", model.name);
    transform_ = with_side(image_transform_of(model), size_);
    return;
  }
  if (size_ % stride != 0 || size_ < stride || size_ > 8192)
    fail(Fault::bad_input, "{}: the size must be a multiple of {} from {} to 8192 pixels, not {}", model.name,
         stride, stride, size_);
}

Session& Detector::session(int width, int height) {
  return sessions_.at({.batch = 1, .image_width = width, .image_height = height});
}

void Detector::run(Session& net) {
  const Graph& graph = net.graph();
  std::vector<TensorView> views;
  for (const Graph::Output& made : graph.outputs) {
    Output& to = outputs_[made.name];
    to.shape = sizes(graph[made.id].shape);
    to.values.resize(static_cast<std::size_t>(elements(graph[made.id].shape)));
    views.push_back({DType::f32, to.shape, {}, to.values.data()});
  }
  net.run({input_.views(), views});
}

/// @throws Error{bad_model} if the network has no such output; a file may say that it is for any task.
const Detector::Output& Detector::output(std::string_view name, std::size_t rank) const {
  const auto found = outputs_.find(name);
  if (found == outputs_.end() || found->second.shape.size() != rank)
    fail(Fault::bad_model, "{}: its network has no output `{}` of {} axes, as one for `{}` must",
         sessions_.loaded().model->name, name, rank, sessions_.info().task);
  return found->second;
}

void Detector::add_masks(DetectResult& result, const Letterbox& box, const Image& image) const {
  const Output &weights = output("coefficients", 3), &protos = output("protos", 4);
  const Prototypes prototypes{protos.values.data(), static_cast<int>(protos.shape[1]),
                              static_cast<int>(protos.shape[2]), static_cast<int>(protos.shape[3])};
  const auto anchors = static_cast<std::size_t>(weights.shape[2]);
  std::vector<float> coefficients(static_cast<std::size_t>(prototypes.masks));
  std::vector<Detection> kept;
  std::size_t runs = 0;
  for (const Detection& detection : result.detections) {
    for (std::size_t i = 0; i < coefficients.size(); ++i)
      coefficients[i] = weights.values[i * anchors + static_cast<std::size_t>(detection.anchor)];
    std::optional<RunLengths> mask =
        mask_of(prototypes, coefficients, detection.box, box, image.full_width, image.full_height);
    if (!mask) continue;
    runs += mask->counts.size();
    if (runs > most_runs)
      fail(Fault::bad_input,
           "{}: the masks of this picture have more than {} runs; find less with --confidence or "
           "--max-detections",
           sessions_.loaded().model->name, most_runs);
    kept.push_back(detection);
    result.masks.push_back(*std::move(mask));
  }
  result.detections = std::move(kept);
}

DetectResult Detector::detect(const Image& image, const DetectOptions& options) {
  return transform_ ? detect_set(image, *transform_, options) : detect_in_letterbox(image, options);
}

DetectResult Detector::detect_set(const Image& image, const ImageTransform& transform,
                                  const DetectOptions& options) {
  DetectResult result;
  StopWatch watch;
  input_.fill(image, transform, sessions_.info());
  result.ms.preprocess = watch.lap();
  Session& net = sessions_.at(input_.sizes(), input_.graph());
  watch.lap();  // compiling is once for all pictures of this size
  run(net);
  result.ms.inference = watch.lap();
  const Output &logits = output("logits", 3), &boxes = output("boxes", 3);
  if (logits.shape[1] != boxes.shape[1] || boxes.shape[2] != 4 || logits.shape[2] < 2)
    fail(Fault::bad_model, "{}: its network's boxes and classes do not fit", sessions_.loaded().model->name);
  result.detections = detections_of(
      {logits.values, boxes.values, static_cast<int>(logits.shape[1]), static_cast<int>(logits.shape[2])},
      {options.confidence, options.iou, options.max_detections, options.classes}, image.full_width,
      image.full_height);
  result.ms.postprocess = watch.lap();
  return result;
}

DetectResult Detector::detect_in_letterbox(const Image& image, const DetectOptions& options) {
  const Letterbox box = rect_ ? fit_rect(image.width, image.height, size_, stride)
                              : fit(image.width, image.height, size_, size_);
  Session& net = session(box.width, box.height);
  DetectResult result;
  StopWatch watch;

  input_.fill(image, box);
  result.ms.preprocess = watch.lap();

  run(net);
  result.ms.inference = watch.lap();

  const Output& out = output("output", 3);
  const DetectionOutput rows{out.values.data(), static_cast<int>(out.shape[1] - 4),
                             static_cast<int>(out.shape[2]), static_cast<std::ptrdiff_t>(out.shape[2])};
  result.detections =
      non_max_suppression(rows, {options.confidence, options.iou, options.max_detections, options.classes});
  if (options.masks && sessions_.info().task == "segment") add_masks(result, box, image);
  for (Detection& detection : result.detections)
    detection.box = to_image(detection.box, box, image.full_width, image.full_height);
  result.ms.postprocess = watch.lap();
  return result;
}

}  // namespace lp
