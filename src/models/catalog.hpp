#pragma once
#include "base/json.hpp"
#include "formats/checkpoint.hpp"
#include "ir/graph.hpp"
#include "ir/policy.hpp"

#include <span>
#include <string>
#include <vector>

namespace lp {

/// What a checkpoint is, as its family read it from metadata and shapes. Stored in our artefacts as `lp.*`
/// keys.
struct ModelInfo {
  std::string family, task;  // "yolov8", "detect"
  std::string variant;       // "n"
  std::vector<std::string> labels;
  int image_size = 0;  // side of the square input that it was trained for, pixels; 0: it takes no pictures
  int max_tokens = 0;  // longest text, special tokens included; 0: it takes no text
  std::string license;
  nlohmann::json config = nlohmann::json::object();  // the family's own sizes
  /// How pictures are prepared, in the words of the library that the model comes from:
  /// {"hugging_face"|"timm"|"open_clip": its file}; with "assumed": true where the source had no such file
  /// and the family's published one stands in; empty where nothing is known.
  nlohmann::json preprocessing = nlohmann::json::object();
  std::string tokenizer;  // text of tokenizer.json, where the model takes text
  /// What calibration found, for a model with quantized weights: {"ranges": {value: [low, high]}, "method"}.
  nlohmann::json quantization = nlohmann::json::object();
};

/// The named graphs of one model; a host loop in tasks/ joins them.
struct Program {
  std::vector<Graph> graphs;
  /// @throws Error{internal} if there is none of that name.
  const Graph& graph(std::string_view name) const;
};

/// Sizes that a graph is built for.
struct BuildOptions {
  int batch = 1;
  int image_width = 0, image_height = 0;  // pixels
  int tokens = 0;                         // positions of a text, those that pad it included
  int frames = 0;                         // of a sound's spectrogram; 0: as many as the model was trained for
  auto operator<=>(const BuildOptions&) const = default;
};

/// A family of models: all that is needed to take one from a checkpoint to graphs.
struct Family {
  std::string_view name, task, doc;
  /// Whether the checkpoint holds a model of this family, by names of tensors alone.
  bool (*recognizes)(const Checkpoint& checkpoint);
  /// @throws Error{bad_model} if it is of the family, but of no variant that we know.
  ModelInfo (*describe)(const Checkpoint& checkpoint);
  /// Builds the graphs, binding and checking every weight. `checkpoint` may be null: weights are then only
  /// declared.
  /// @throws Error{bad_model} for missing, misshapen or unused weights; Error{bad_input} for a size it cannot
  /// take.
  Program (*build)(const Checkpoint* checkpoint, const ModelInfo& info, const BuildOptions& options);
  /// Values that a lower precision leaves as they are, as rules before `*=<type>`.
  std::string_view precision_rules;
  /// eps of batch norms, which are folded into the convolutions before them, where a checkpoint does not say
  /// it; 0: the family has none.
  double batch_norm_eps = 0;
  /// The graph, if any, whose linear layers are bound by reading their weights: of an int8 model they are
  /// quantized, but what they multiply stays in floating numbers.
  std::string_view weights_only = {};
  /// The graphs that can be programs of their own, where some cannot: those share states with others that no
  /// caller could pass. Empty: all.
  std::span<const std::string_view> separate = {};
  /// Positions of a text, and frames of its sound, that packages for other runtimes take at once; 0: as many
  /// as graphs have by themselves.
  int package_tokens = 0, package_frames = 0;
  /// The numbers of an input that follow from its shape alone, which packages then have inside; empty: they
  /// are the caller's.
  std::vector<float> (*known_input)(std::string_view name, const Shape& shape) = nullptr;
};

/// Every family that the program knows.
std::span<const Family> model_catalog();

/// The family called `name`. @throws Error{bad_model} with the list.
const Family& find_family(std::string_view name);

/// The family that recognizes the checkpoint. @throws Error{bad_model} with the list of families.
const Family& recognize(const Checkpoint& checkpoint);

}  // namespace lp
