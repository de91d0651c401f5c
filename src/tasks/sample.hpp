#pragma once
#include "formats/image.hpp"
#include "runtime/session.hpp"
#include "tasks/image_transform.hpp"
#include "tasks/letterbox.hpp"

#include <string>
#include <vector>

namespace lp {

/// The inputs of one run of one of a model's graphs, of one picture or one text. It may be filled again and
/// again, and then keeps its memory.
class Sample {
 public:
  /// A picture in a letterbox, as detection models take it.
  void fill(const Image& image, const Letterbox& box);
  /// A picture as a model's transform prepares it.
  void fill(const Image& image, const ImageTransform& transform, const ModelInfo& info);
  /// The tokens of a text, at least one, padded to the next length that plans are made for. `info` says which
  /// positions the model is told: how many count, or, where it takes pictures too, where the text ends.
  void fill(std::vector<std::int32_t> ids, const ModelInfo& info);

  /// Which of the model's graphs takes it; empty: its first.
  const std::string& graph() const { return graph_; }
  const BuildOptions& sizes() const { return sizes_; }
  /// The inputs in the graph's order; valid until it is filled again.
  std::vector<TensorView> views();

 private:
  void set_picture(int width, int height);

  std::string graph_;
  BuildOptions sizes_;
  std::vector<float> pixels_;  // [1, h, w, 3], which the views give as [1, 3, h, w]
  std::vector<std::int32_t> ids_;
  std::int32_t extent_ = 0;
};

/// The length that a plan is made for where a text has `tokens`: few lengths, little of each unused; at most
/// `most`.
int text_bucket(std::size_t tokens, int most);

}  // namespace lp
