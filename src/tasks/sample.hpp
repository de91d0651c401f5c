#pragma once
#include "formats/image.hpp"
#include "runtime/session.hpp"
#include "tasks/image_transform.hpp"
#include "tasks/letterbox.hpp"

#include <span>
#include <string>
#include <vector>

namespace lp {

/// What inputs have in common that can go through one run together.
struct InputKind {
  std::string graph;   // of the model; empty: its first
  BuildOptions sizes;  // for one of them
  auto operator<=>(const InputKind&) const = default;
};

/// Of a picture in a letterbox, as detection models take it.
InputKind kind_of(const Letterbox& box);
/// Of a picture as a model's transform prepares it. @throws as ImageTransform::output_size.
InputKind kind_of(const Image& image, const ImageTransform& transform, const ModelInfo& info);
/// Of a text of that many tokens, padded to the next length that plans are made for.
InputKind kind_of_text(std::size_t tokens, const ModelInfo& info);

/// The inputs of one run of one of a model's graphs: of one picture or text, or of several of one kind. It
/// may be cleared and filled again and again, and then keeps its memory.
class Sample {
 public:
  void clear() { count_ = 0; }
  /// Each puts an input at the end; all between two clears are of one kind, which kind_of tells.
  void add(const Image& image, const Letterbox& box);
  void add(const Image& image, const ImageTransform& transform, const ModelInfo& info);
  /// The tokens of a text, at least one and at most what the model takes. `info` says which positions the
  /// model is told: how many count, or, where it takes pictures too, where the text ends.
  void add(const std::vector<std::int32_t>& ids, const ModelInfo& info);
  /// A sound of one channel at 16 kHz, as whisper_input prepares it; the only one between two clears.
  void add_sound(std::span<const float> samples, int frames);

  bool is_text() const { return is_text_; }
  /// How many inputs there are.
  std::size_t count() const { return count_; }
  /// Which of the model's graphs takes them; empty: its first.
  const std::string& graph() const { return kind_.graph; }
  /// What the graph is built for, for `count` inputs.
  BuildOptions sizes(std::size_t count = 1) const;
  /// `count` inputs from number `first` on, in the graph's order; valid until the next change.
  std::vector<TensorView> views(std::size_t first = 0, std::size_t count = 1);
  /// Memory that the inputs take.
  std::size_t size_bytes() const { return count_ * size_ * sizeof(float); }

 private:
  /// Room for one more input of `size` numbers.
  template <class Number>
  std::span<Number> next(InputKind kind, std::size_t size, std::vector<Number>& numbers);
  std::span<float> next_picture(InputKind kind);

  InputKind kind_;
  bool is_text_ = false, is_sound_ = false;
  std::size_t count_ = 0, size_ = 0;  // size_: numbers of one input
  std::vector<float> pixels_;         // [n, h, w, 3], which the views give as [n, 3, h, w]; or samples
  std::vector<std::int32_t> ids_, extents_;
};

/// The length that a plan is made for where a text has `tokens`: few lengths, little of each unused; at most
/// `most`.
int text_bucket(std::size_t tokens, int most);

}  // namespace lp
