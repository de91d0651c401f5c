#include "tasks/detector.hpp"

#include "base/error.hpp"
#include "tasks/letterbox.hpp"

#include <chrono>

namespace lp {
namespace {

constexpr int stride = 32;  // coarsest level of the detection models that there are

/// Milliseconds since the last call.
class StopWatch {
 public:
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::duration<double, std::milli> passed = now - last_;
    last_ = now;
    return passed.count();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace

Detector::Detector(std::shared_ptr<const Model> model, std::shared_ptr<WeightStore> weights,
                   std::shared_ptr<Lane> lane, Placement placement, int size, bool rect)
    : model_(std::move(model)),
      weights_(std::move(weights)),
      lane_(std::move(lane)),
      placement_(std::move(placement)),
      size_(size > 0 ? size : model_->info.image_size),
      rect_(rect) {
  if (model_->info.task != "detect")
    fail(Fault::usage, "{}: a model for `{}`, not for `detect`", model_->name, model_->info.task);
  if (size_ % stride != 0 || size_ < stride || size_ > 8192)
    fail(Fault::bad_input, "{}: the size must be a multiple of {} from {} to 8192 pixels, not {}",
         model_->name, stride, stride, size_);
}

Session& Detector::session(int width, int height) {
  auto& session = sessions_[{width, height}];
  if (!session)
    session = std::make_unique<Session>(
        model_, weights_, lane_,
        SessionOptions{.placement = placement_,
                       .sizes = {.batch = 1, .image_width = width, .image_height = height}});
  return *session;
}

DetectResult Detector::detect(const Image& image, const DetectOptions& options) {
  const Letterbox box = rect_ ? fit_rect(image.width, image.height, size_, stride)
                              : fit(image.width, image.height, size_, size_);
  Session& net = session(box.width, box.height);
  DetectResult result;
  StopWatch watch;

  const std::int64_t height = box.height, width = box.width;
  input_.resize(static_cast<std::size_t>(3 * height * width));
  letterbox_rgb(image, box, input_.data(), PixelLayout::interleaved);
  result.ms.preprocess = watch.lap();

  const Graph& graph = net.graph();
  const std::vector<std::int64_t> out_shape = sizes(graph[graph.outputs.front().id].shape);
  output_.resize(static_cast<std::size_t>(out_shape[1] * out_shape[2]));
  const TensorView in{
      DType::f32, {1, 3, height, width}, {3 * height * width, 1, 3 * width, 3}, input_.data()};
  const TensorView out{DType::f32, out_shape, {}, output_.data()};
  net.run({std::span(&in, 1), std::span(&out, 1)});
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
