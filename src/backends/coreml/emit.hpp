#pragma once
#include "backends/backend.hpp"
#include "backends/coreml/mil/package.hpp"
#include "backends/coreml/weight_forms.hpp"

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace lp::coreml {

/// An input that is passed as a picture, RGB of 0 to 255: each channel becomes `scale` times its number plus
/// `offset`.
struct ImageInput {
  std::string name = "image";
  std::array<double, 3> scale{1.0 / 255, 1.0 / 255, 1.0 / 255}, offset{};
};

struct EmitOptions {
  /// f32 or f16: what values are computed in, but for those that need f32.
  DType precision = DType::f16;
  /// How weights of layers and tables of words are kept.
  WeightForm weights = WeightForm::whole;
  /// How the graph's picture is passed: as a picture, or, where this is empty, as the numbers that the graph
  /// takes.
  std::optional<ImageInput> image;
  /// Whether what a run leaves to the next one is a state of Core ML (iOS 18, macOS 15; f16), or passed in
  /// and out by the caller.
  bool keeps_states = true;
  /// Makes Vision's object detector of a graph whose one output is [1, 4 + classes, boxes] (centre and size
  /// in pixels, then scores), and that is passed a picture.
  std::optional<mil::Detector> detector;
  /// Inputs that become constants, by name.
  std::map<std::string, std::vector<float>, std::less<>> known;
  mil::Metadata metadata;
};

/// What a package is made of.
struct Emitted {
  int version = 0;                    // of the specification that it needs
  std::map<std::string, int> counts;  // operations by type, constants among them
};

/// Whether Core ML can have a node, from the very rule that would emit it.
Support supports(const Graph& graph, int id);

/// Writes a graph as a Core ML package, the folder `path`, which must not be there: an ML Program for the
/// newest features that the graph needs and no newer. Inputs and outputs keep their names, a picture takes
/// that of EmitOptions; outputs of the graph are f32. The same input gives the same bytes. Weights go through
/// one at a time.
///
/// States [b, t, d], with _ for the dots of their names, are f16 arrays [b, d, 1, t] (f32 where that is the
/// precision): one that the graph reads and continues is a state of Core ML, or, passed by the caller, an
/// input NAME and an output NAME_next; one that it only reads is an input; one that it only writes, once, is
/// an output: those rows from the first one on, and zeros behind them, where they belong is for the caller to
/// know.
/// @throws Error{unsupported} naming the node, its op and the model's line; Error{io}. A folder that is not
/// whole stays behind: callers write where nobody looks.
Emitted emit(const Graph& graph, const Checkpoint& checkpoint, const std::filesystem::path& path,
             const EmitOptions& options);

}  // namespace lp::coreml
