#pragma once
#include "formats/image.hpp"
#include "runtime/session.hpp"
#include "tasks/nms.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lp {

/// What somebody labelled in a picture.
struct Truth {
  std::vector<Detection> detections;  // of a detector's picture
  int class_id = 0;                   // of a classifier's
};

using Metrics = std::map<std::string, double>;

/// How near a model is to the original, and both to what is there.
struct Accuracy {
  Metrics metrics;  // against the original
  /// Against labels; empty where no input had any. `labelled`: the inputs that had.
  Metrics model, original;
  std::size_t labelled = 0;
};

struct ComparisonOptions {
  float confidence = 0.25F, iou = 0.7F;  // of what the original finds: that counts as there
  int side = 0;                          // of the square input in pixels, 0 for the model's own
};

/// A model's answers beside those of the same model in another precision.
class Comparison {
 public:
  Comparison() = default;
  virtual ~Comparison() = default;
  Comparison(const Comparison&) = delete;
  Comparison& operator=(const Comparison&) = delete;

  /// @throws Error{bad_input} for a size that a model cannot take.
  virtual void add(const Image& image, const std::optional<Truth>& truth) = 0;
  /// Detection: map50, map50_95 (all classes together), boxes, the number of the original's; against labels
  /// map50 and map50_95 as the mean over classes. All else: the embedding's cosine, on average and the least
  /// (least_cosine), and for a classifier top1, the part of the pictures with the same likeliest class.
  /// @throws Error{bad_input} if the original finds nothing.
  virtual Accuracy accuracy() const = 0;
};

/// For pictures. @throws Error{usage} if a model takes none.
std::unique_ptr<Comparison> compare_on_pictures(const ComparisonOptions& options, const LoadedModel& model,
                                                const LoadedModel& original);

/// The cosines of texts' embeddings, as for pictures. @throws Error{usage} if a model takes no text.
Accuracy compare_on_texts(const LoadedModel& model, const LoadedModel& original,
                          const std::vector<std::string>& texts, const std::function<void()>& step);

}  // namespace lp
