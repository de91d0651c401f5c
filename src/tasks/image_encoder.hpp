#pragma once
#include "formats/image.hpp"
#include "runtime/session_cache.hpp"
#include "tasks/image_transform.hpp"
#include "tasks/sample.hpp"

#include <map>
#include <string>
#include <vector>

namespace lp {

/// How a model's pictures are prepared, as its artefact says it.
/// @throws Error{bad_model} if it does not, or the text is broken.
ImageTransform image_transform_of(const Model& model);

/// The same way to prepare pictures for another size: the cut stays the same part of them.
ImageTransform with_side(ImageTransform transform, int side);

/// What an encoder made of one input.
struct Encoded {
  std::map<std::string, std::vector<float>> outputs;  // by the graph's names: "embedding", "logits", ...
  double preprocess_ms = 0, inference_ms = 0;
};

/// Pictures through a model's image encoder: scaled, cut and normalised as it was trained, then run. Not
/// thread-safe.
class ImageEncoder {
 public:
  /// `side`: of the square input in pixels, 0 for the model's own.
  /// @throws Error{usage} if the model takes no pictures; like image_transform_of.
  ImageEncoder(LoadedModel loaded, int side);

  /// @throws Error{bad_input} for a size that the model cannot take.
  Encoded encode(const Image& image);
  /// The session for the model's own size, after a picture was encoded.
  Session& session();

 private:
  SessionCache sessions_;
  ImageTransform transform_;
  Sample input_;
};

}  // namespace lp
