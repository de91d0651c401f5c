#pragma once
#include "tasks/image_encoder.hpp"

#include <span>
#include <string>
#include <vector>

namespace lp {

struct Prediction {
  int class_id = 0;
  float confidence = 0;  // 0..1; those of all classes add up to 1
};

/// The `most` likeliest classes by softmax, likeliest first; of equals the lower number first.
std::vector<Prediction> top_predictions(std::span<const float> logits, int most);

struct Classification {
  std::vector<Prediction> predictions;
  double inference_ms = 0, postprocess_ms = 0;  // of a run of several pictures: the picture's share
};

/// Says what a picture shows: one of the classes that the model was trained on, or, with a model for pictures
/// and texts, the nearest of the texts it is given. Not thread-safe.
class Classifier {
 public:
  /// `side` as for ImageEncoder. `labels`: texts to choose from, empty for the model's own classes.
  /// @throws Error{usage} if the model has no classes, or cannot read texts, and as ImageEncoder.
  Classifier(const LoadedModel& loaded, int side, const std::vector<std::string>& labels);

  InputKind kind_of(const Image& image) const { return encoder_.kind_of(image); }
  /// Puts a picture at the end of those of its kind.
  void add(const Image& image, Sample& to) const { encoder_.add(image, to); }
  /// `count` of the pictures from number `first` on, in one run: the `most` likeliest classes of each.
  /// @throws as ImageEncoder::run.
  std::vector<Classification> classify(Sample& inputs, std::size_t first, std::size_t count, int most);
  /// "7" where a class has no name.
  std::string label(int class_id) const;
  /// The session for `batch` pictures of the model's own size.
  Session& session(int batch) { return encoder_.session(batch); }

 private:
  std::vector<float> logits(const Encoded& encoded) const;

  ImageEncoder encoder_;
  std::vector<std::string> labels_;
  std::vector<std::vector<float>> texts_;  // embedding of each label that was given, times the model's scale
};

}  // namespace lp
