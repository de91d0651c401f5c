#include "tasks/detector.hpp"

#include "base/error.hpp"
#include "base/stop_watch.hpp"
#include "tasks/letterbox.hpp"

namespace lp {
namespace {

constexpr int stride = 32;  // coarsest level of the detection models that there are

}  // namespace

Detector::Detector(LoadedModel loaded, int size, bool rect)
    : sessions_(std::move(loaded)), size_(size > 0 ? size : sessions_.info().image_size), rect_(rect) {
  const Model& model = *sessions_.loaded().model;
  if (model.info.task != "detect")
    fail(Fault::usage, "{}: a model for `{}`, not for `detect`", model.name, model.info.task);
  if (size_ % stride != 0 || size_ < stride || size_ > 8192)
    fail(Fault::bad_input, "{}: the size must be a multiple of {} from {} to 8192 pixels, not {}", model.name,
         stride, stride, size_);
}

Session& Detector::session(int width, int height) {
  return sessions_.at({.batch = 1, .image_width = width, .image_height = height});
}

DetectResult Detector::detect(const Image& image, const DetectOptions& options) {
  const Letterbox box = rect_ ? fit_rect(image.width, image.height, size_, stride)
                              : fit(image.width, image.height, size_, size_);
  Session& net = session(box.width, box.height);
  DetectResult result;
  StopWatch watch;

  input_.fill(image, box);
  result.ms.preprocess = watch.lap();

  const Graph& graph = net.graph();
  const std::vector<std::int64_t> out_shape = sizes(graph[graph.outputs.front().id].shape);
  output_.resize(static_cast<std::size_t>(out_shape[1] * out_shape[2]));
  const TensorView out{DType::f32, out_shape, {}, output_.data()};
  net.run({input_.views(), std::span(&out, 1)});
  result.ms.inference = watch.lap();

  const DetectionOutput rows{output_.data(), static_cast<int>(out_shape[1] - 4),
                             static_cast<int>(out_shape[2]), static_cast<std::ptrdiff_t>(out_shape[2])};
  result.detections =
      non_max_suppression(rows, {options.confidence, options.iou, options.max_detections, options.classes});
  for (Detection& detection : result.detections)
    detection.box = to_image(detection.box, box, image.full_width, image.full_height);
  result.ms.postprocess = watch.lap();
  return result;
}

}  // namespace lp
