#pragma once
#include "formats/image.hpp"
#include "runtime/session_cache.hpp"
#include "tasks/nms.hpp"
#include "tasks/run_lengths.hpp"
#include "tasks/sample.hpp"

#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace lp {

struct DetectOptions {
  float confidence = 0.25F, iou = 0.7F;
  int max_detections = 300;
  std::vector<int> classes;  // empty: all
  bool masks = true;         // whether a model for `segment` makes masks, or boxes only
};

/// Milliseconds of one picture's way from pixels to boxes and masks. `inference`: of a run of several
/// pictures, the picture's share.
struct DetectTimes {
  double preprocess = 0, inference = 0, postprocess = 0;
};

struct DetectResult {
  std::vector<Detection> detections;  // boxes in pixels of the original picture (full_width x full_height)
  std::vector<RunLengths> masks;      // of a model for `segment`: each detection's, in the same pixels
  DetectTimes ms;
};

/// Whether a model finds things in pictures that stand in a letterbox: boxes in its output `output`, and for
/// `segment` masks.
bool finds_boxes(std::string_view task);

/// A detection or segmentation model ready to see. Most stand in a letterbox: network, suppression of
/// overlapping boxes, masks of those that stay. Those whose artefact says how pictures are prepared give a
/// set of things (set_prediction.hpp), each once. Keeps a few compiled sizes. Not thread-safe; several
/// detectors of one model share its weights.
class Detector {
 public:
  /// `size`: side of the square input in pixels, 0 for the model's own. `rect`: pads only to the stride
  /// instead. `task`: what it must be made for, `detect` or `segment`.
  /// @throws Error{usage} if the model is for another task, Error{bad_input} for a size it cannot take.
  Detector(LoadedModel loaded, int size, bool rect, std::string_view task = "detect");

  /// @throws as ImageTransform::output_size.
  InputKind kind_of(const Image& image) const;
  /// Puts a picture at the end of those of its kind.
  void add(const Image& image, Sample& to) const;
  /// `count` of the pictures from number `first` on, in one run. Milliseconds a picture.
  double run(Sample& inputs, std::size_t first, std::size_t count);
  /// What the last run found in the picture that was its number `position`, of this size. A detection without
  /// a pixel in its mask is left out; no time but of this call is stated. @throws Error{bad_input} where the
  /// masks of a picture have more runs than are kept.
  DetectResult result(std::size_t position, const ImageSize& size, const DetectOptions& options) const;
  /// One picture alone. @throws the same.
  DetectResult detect(const Image& image, const DetectOptions& options);
  /// The session for `batch` inputs of this size, compiled at the first call.
  Session& session(int width, int height, int batch = 1);
  int size() const { return size_; }

 private:
  /// A value that the network made, of all inputs of a run.
  struct Output {
    std::vector<std::int64_t> shape;
    std::vector<float> values;
  };
  /// One input's part of a value; borrows it.
  struct Part {
    std::vector<std::int64_t> shape;  // from the second axis on
    std::span<const float> values;
  };
  Letterbox letterbox(int width, int height) const;
  Part output(std::string_view name, std::size_t rank, std::size_t position) const;
  std::vector<Detection> of_set(std::size_t position, const ImageSize& size, const NmsOptions& options) const;
  void add_masks(DetectResult& result, std::size_t position, const Letterbox& box,
                 const ImageSize& size) const;

  SessionCache sessions_;
  int size_;
  bool rect_;
  std::optional<ImageTransform> transform_;  // of a model for a set of things
  Sample input_;
  std::map<std::string, Output, std::less<>> outputs_;  // of the last run
};

}  // namespace lp
