#pragma once
#include "formats/image.hpp"
#include "runtime/session_cache.hpp"
#include "tasks/encoded.hpp"
#include "tasks/image_transform.hpp"
#include "tasks/sample.hpp"

#include <vector>

namespace lp {

/// How a model's pictures are prepared, as its artefact says it.
/// @throws Error{bad_model} if it does not, or the text is broken.
ImageTransform image_transform_of(const Model& model);

/// The same way to prepare pictures for another size: the cut stays the same part of them.
ImageTransform with_side(ImageTransform transform, int side);

/// Pictures through a model's image encoder: scaled, cut and normalised as it was trained, then run. Not
/// thread-safe.
class ImageEncoder {
 public:
  /// `side`: of the square input in pixels, 0 for the model's own.
  /// @throws Error{usage} if the model takes no pictures; like image_transform_of.
  ImageEncoder(LoadedModel loaded, int side);

  /// @throws as ImageTransform::output_size.
  InputKind kind_of(const Image& image) const;
  /// Puts a picture at the end of those of its kind.
  void add(const Image& image, Sample& to) const;
  /// `count` of the pictures from number `first` on, in one run.
  /// @throws Error{bad_input} for a size that the model cannot take.
  std::vector<Encoded> run(Sample& inputs, std::size_t first, std::size_t count);
  /// One picture alone. @throws the same.
  Encoded encode(const Image& image);
  /// The session for `batch` pictures of the model's own size.
  Session& session(int batch = 1);

 private:
  SessionCache sessions_;
  ImageTransform transform_;
  Sample input_;
};

}  // namespace lp
