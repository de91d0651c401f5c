#pragma once
#include "formats/image.hpp"
#include "runtime/session_cache.hpp"
#include "tasks/nms.hpp"
#include "tasks/sample.hpp"

#include <vector>

namespace lp {

struct DetectOptions {
  float confidence = 0.25F, iou = 0.7F;
  int max_detections = 300;
  std::vector<int> classes;  // empty: all
};

/// Milliseconds of one picture's way from pixels to boxes.
struct DetectTimes {
  double preprocess = 0, inference = 0, postprocess = 0;
};

struct DetectResult {
  std::vector<Detection> detections;  // boxes in pixels of the original picture (full_width x full_height)
  DetectTimes ms;
};

/// A detection model ready to see: letterbox, network, suppression of overlapping boxes. Keeps a few
/// compiled sizes. Not thread-safe; several detectors of one model share its weights.
class Detector {
 public:
  /// `size`: side of the square input in pixels, 0 for the model's own. `rect`: pads only to the stride
  /// instead.
  /// @throws Error{usage} if the model is not one for `detect`, Error{bad_input} for a size it cannot take.
  Detector(LoadedModel loaded, int size, bool rect);

  DetectResult detect(const Image& image, const DetectOptions& options);
  /// The session for an input of this size, compiled at the first call.
  Session& session(int width, int height);
  int size() const { return size_; }

 private:
  SessionCache sessions_;
  int size_;
  bool rect_;
  Sample input_;
  std::vector<float> output_;
};

}  // namespace lp
