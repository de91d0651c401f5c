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

Session& Detector::session(int width, int height, int batch) {
  return sessions_.at({.batch = batch, .image_width = width, .image_height = height});
}

Letterbox Detector::letterbox(int width, int height) const {
  return rect_ ? fit_rect(width, height, size_, stride) : fit(width, height, size_, size_);
}

InputKind Detector::kind_of(const Image& image) const {
  return transform_ ? lp::kind_of(image, *transform_, sessions_.info())
                    : lp::kind_of(letterbox(image.width, image.height));
}

void Detector::add(const Image& image, Sample& to) const {
  transform_ ? to.add(image, *transform_, sessions_.info())
             : to.add(image, letterbox(image.width, image.height));
}

double Detector::run(Sample& inputs, std::size_t first, std::size_t count) {
  Session& net = sessions_.at(inputs.sizes(count), inputs.graph());
  StopWatch watch;  // compiling is once for all pictures of this size
  const Graph& graph = net.graph();
  std::vector<TensorView> views;
  for (const Graph::Output& made : graph.outputs) {
    Output& to = outputs_[made.name];
    to.shape = sizes(graph[made.id].shape);
    to.values.resize(static_cast<std::size_t>(elements(graph[made.id].shape)));
    views.push_back({DType::f32, to.shape, {}, to.values.data()});
  }
  net.run({inputs.views(first, count), views});
  return watch.lap() / static_cast<double>(count);
}

/// @throws Error{bad_model} if the network has no such output; a file may say that it is for any task.
Detector::Part Detector::output(std::string_view name, std::size_t rank, std::size_t position) const {
  const auto found = outputs_.find(name);
  if (found == outputs_.end() || found->second.shape.size() != rank)
    fail(Fault::bad_model, "{}: its network has no output `{}` of {} axes, as one for `{}` must",
         sessions_.loaded().model->name, name, rank, sessions_.info().task);
  const Output& all = found->second;
  const auto count = static_cast<std::size_t>(all.shape.front());
  LP_ASSERT(position < count);
  const std::size_t each = all.values.size() / count;
  return {{all.shape.begin() + 1, all.shape.end()}, std::span(all.values).subspan(position * each, each)};
}

void Detector::add_masks(DetectResult& result, std::size_t position, const Letterbox& box,
                         const ImageSize& size) const {
  const Part weights = output("coefficients", 3, position), protos = output("protos", 4, position);
  const Prototypes prototypes{protos.values.data(), static_cast<int>(protos.shape[0]),
                              static_cast<int>(protos.shape[1]), static_cast<int>(protos.shape[2])};
  const auto anchors = static_cast<std::size_t>(weights.shape[1]);
  std::vector<float> coefficients(static_cast<std::size_t>(prototypes.masks));
  std::vector<Detection> kept;
  std::size_t runs = 0;
  for (const Detection& detection : result.detections) {
    for (std::size_t i = 0; i < coefficients.size(); ++i)
      coefficients[i] = weights.values[i * anchors + static_cast<std::size_t>(detection.anchor)];
    std::optional<RunLengths> mask =
        mask_of(prototypes, coefficients, detection.box, box, size.full_width, size.full_height);
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

std::vector<Detection> Detector::of_set(std::size_t position, const ImageSize& size,
                                        const NmsOptions& options) const {
  const Part logits = output("logits", 3, position), boxes = output("boxes", 3, position);
  if (logits.shape[0] != boxes.shape[0] || boxes.shape[1] != 4 || logits.shape[1] < 2)
    fail(Fault::bad_model, "{}: its network's boxes and classes do not fit", sessions_.loaded().model->name);
  return detections_of(
      {logits.values, boxes.values, static_cast<int>(logits.shape[0]), static_cast<int>(logits.shape[1])},
      options, size.full_width, size.full_height);
}

DetectResult Detector::result(std::size_t position, const ImageSize& size,
                              const DetectOptions& options) const {
  const NmsOptions nms{options.confidence, options.iou, options.max_detections, options.classes};
  StopWatch watch;
  DetectResult result;
  if (transform_) {
    result.detections = of_set(position, size, nms);
  } else {
    const Part out = output("output", 3, position);
    result.detections =
        non_max_suppression({out.values.data(), static_cast<int>(out.shape[0] - 4),
                             static_cast<int>(out.shape[1]), static_cast<std::ptrdiff_t>(out.shape[1])},
                            nms);
    const Letterbox box = letterbox(size.width, size.height);
    if (options.masks && sessions_.info().task == "segment") add_masks(result, position, box, size);
    for (Detection& detection : result.detections)
      detection.box = to_image(detection.box, box, size.full_width, size.full_height);
  }
  result.ms.postprocess = watch.lap();
  return result;
}

DetectResult Detector::detect(const Image& image, const DetectOptions& options) {
  StopWatch watch;
  input_.clear();
  add(image, input_);
  const double preprocess_ms = watch.lap(), inference_ms = run(input_, 0, 1);
  DetectResult found = result(0, size_of(image), options);
  found.ms.preprocess = preprocess_ms;
  found.ms.inference = inference_ms;
  return found;
}

}  // namespace lp
