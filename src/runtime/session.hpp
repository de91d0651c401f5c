#pragma once
#include "backends/backend.hpp"
#include "models/catalog.hpp"
#include "runtime/lane.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace lp {

/// A model that was opened: its weights, and what they are. Shared by the sessions that run it.
struct Model {
  std::string name;  // as the user called it
  Checkpoint checkpoint;
  ModelInfo info;
  DType stored = DType::f32;  // precision of the artefact
  const Family* family = nullptr;
  /// What the artefact was made with; newer than the program is an error when it is opened.
  int format_version = 1;
};

/// Opens an artefact of ours (GGUF with `lp.*` keys) or any source checkpoint that a family recognizes.
/// @throws Error{not_found, io, bad_model}.
std::shared_ptr<const Model> open_model(const std::filesystem::path& path, const std::string& name);

/// Which runtime a model runs on, at which precision, and why.
struct Placement {
  const Backend* backend = nullptr;
  DType precision = DType::f32;
  std::string why;  // one sentence
};

/// The fastest runtime and precision that this machine has for the model, or those asked for ("auto" for
/// any).
/// @throws Error{unsupported} with the reason, Error{usage} for an unknown name.
Placement choose_placement(const Model& model, const std::string& runtime, const std::string& precision);

/// A model on the runtime that runs it: what its sessions share.
struct LoadedModel {
  std::shared_ptr<const Model> model;
  Placement placement;
  std::shared_ptr<WeightStore> weights;
  std::shared_ptr<Lane> lane;
};

/// One picture of the model's own size, or of `side` x `side` pixels where that is not 0; a text of 128
/// tokens at most.
BuildOptions default_sizes(const ModelInfo& info, int side = 0);

/// All graphs of a model for these sizes: checked, with all that depends on weights alone computed.
/// @throws the family's `build`'s errors.
Program build_program(const Model& model, const BuildOptions& sizes);

/// One of them, by its name (empty: the first). @throws the same; Error{internal} if there is no such graph.
Graph build_graph(const Model& model, const BuildOptions& sizes, std::string_view name);

/// The same graph as a placement computes it: with the model's levels where that is int8.
Graph placed_graph(const Model& model, Graph graph, const Placement& placement);

/// The types that a placement computes values in; where that is int8, those of values without levels.
PrecisionPolicy policy_of(const Model& model, const Placement& placement);

struct SessionOptions {
  BuildOptions sizes;
  std::string graph;              // which of the model's graphs; empty: its first
  std::vector<std::string> keep;  // values to keep readable, by name; "*": all
};

/// One compiled size of one of a model's graphs and the buffers to run it; calls are made on the lane, one at
/// a time. Several sessions of one model share its weights through the WeightStore.
class Session {
 public:
  /// @throws as build_graph and Backend::compile; Error{out_of_memory} where a batch of several inputs needs
  /// more than is free.
  Session(LoadedModel loaded, SessionOptions options);

  const Graph& graph() const { return graph_; }
  const SessionOptions& options() const { return options_; }
  PlanMemory memory() const { return executable_->memory(); }
  /// Milliseconds that building and compiling took.
  double build_ms() const { return build_ms_; }

  /// States for runs of this graph alone: null where it has none.
  std::unique_ptr<States> new_states() const;
  /// As Instance::run, on the lane.
  void run(const Run& run);
  std::vector<StepProfile> profile(const Run& run);
  /// A value that was kept of the last run, which no rest() has followed.
  std::vector<float> value(std::string_view name) const;
  /// Gives the memory that only runs need back until the next one: for a session that may not be run soon.
  /// Kept values are lost.
  void rest();

 private:
  Instance& instance();

  LoadedModel loaded_;
  SessionOptions options_;
  Graph graph_;
  std::shared_ptr<const Executable> executable_;
  std::unique_ptr<Instance> instance_;  // null while it rests
  double build_ms_ = 0;
};

}  // namespace lp
