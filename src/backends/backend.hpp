#pragma once
#include "base/tensor_view.hpp"
#include "formats/checkpoint.hpp"
#include "ir/graph.hpp"
#include "ir/policy.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lp {

/// Yes, or no and why.
struct Support {
  bool ok = true;
  std::string why;
  explicit operator bool() const { return ok; }
};

struct CompileOptions {
  PrecisionPolicy policy{"", DType::f32};
  /// Threads of the team that will run it. Compile and run on a thread whose OpenMP team has this size
  /// (runtime/lane.hpp).
  int threads = 1;
  /// Values to keep readable after a run, by name (parity tests); "*" keeps all. Costs speed: nothing is
  /// fused over them.
  std::vector<std::string> keep;
};

/// One step of a plan, and how long it took in the last profiled run.
struct StepProfile {
  std::string name;    // the value that it makes
  std::string kernel;  // the runtime's own name of the implementation
  double gflop = 0;
  double ms = 0;
};

/// Memory of a compiled graph, bytes.
struct PlanMemory {
  std::size_t weights = 0, arena = 0, scratch = 0;
};

/// What runs leave to the next ones, by name: the caches of one conversation. The graphs of a program share
/// them. Zeros at first. Not thread-safe.
class States {
 public:
  virtual ~States() = default;
  virtual void clear() = 0;
  virtual std::size_t bytes() const = 0;
  /// All values of one state, row-major f32. @throws Error{internal} if there is none of that name or size.
  virtual std::vector<float> read(std::string_view name) const = 0;
  virtual void write(std::string_view name, std::span<const float> values) = 0;
};

/// What a run takes and makes.
struct Run {
  /// In the order of Graph::inputs(), of the graph's shapes: f32, i32 for Indices, at any strides.
  std::span<const TensorView> inputs;
  /// In the order of Graph::outputs, f32, at any strides.
  std::span<const TensorView> outputs;
  /// From `Backend::states` of the same runtime; null for a graph that has none.
  States* states = nullptr;
};

/// The buffers of one caller of an Executable; not thread-safe, but instances run beside each other.
class Instance {
 public:
  virtual ~Instance() = default;
  /// Runs the graph. @throws Error{bad_input} for another shape or type, or an index that is out of range.
  virtual void run(const Run& run) = 0;
  /// run, timing every step.
  virtual std::vector<StepProfile> profile(const Run& run) = 0;
  /// A kept value after a run, row-major f32 in the graph's axis order. @throws Error{internal} if it was not
  /// kept.
  virtual std::vector<float> value(std::string_view name) const = 0;
};

/// A graph compiled for one runtime: immutable and shared between instances.
class Executable {
 public:
  virtual ~Executable() = default;
  virtual std::unique_ptr<Instance> instance() const = 0;
  virtual PlanMemory memory() const = 0;
};

/// Weights in the forms that plans of one model have asked for: packed once, shared by all of them.
/// Thread-safe.
class WeightStore {
 public:
  virtual ~WeightStore() = default;
};

/// A runtime: `emit` (graph -> its own program) and `run`.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;
  /// "oneDNN 3.2.0 (avx512_core_bf16)"
  virtual std::string version() const = 0;
  /// Whether this machine can run it at all.
  virtual Support available() const = 0;
  /// Whether it computes in `type` at full speed here.
  virtual Support computes(DType type) const = 0;
  /// Whether it can run a node, from the very rule that would lower it.
  virtual Support supports(const Graph& graph, int id) const = 0;
  /// A place for the weights of one checkpoint, to be passed to every `compile` of its graphs.
  std::shared_ptr<WeightStore> weights(const Checkpoint& checkpoint) const {
    return weights_alike(checkpoint, nullptr);
  }
  /// The same, sharing what `alike` has made of the tensors that lie in the same memory. `alike`: a place of
  /// this backend's, or null.
  virtual std::shared_ptr<WeightStore> weights_alike(const Checkpoint& checkpoint,
                                                     const std::shared_ptr<WeightStore>& alike) const = 0;
  /// The states of these graphs, in the types that `policy` gives them by name.
  /// @throws Error{bad_model} if two graphs want one of them in two shapes.
  virtual std::unique_ptr<States> states(std::span<const Graph* const> graphs,
                                         const PrecisionPolicy& policy) const = 0;
  /// @throws Error{unsupported} naming the op and the reason, also where only a slow kernel could be had.
  virtual std::shared_ptr<const Executable> compile(const Graph& graph,
                                                    const std::shared_ptr<WeightStore>& weights,
                                                    const CompileOptions& options) const = 0;
};

/// The runtimes built into this program, fastest first; `reference` is the last.
std::span<const Backend* const> backends();

/// @throws Error{unsupported} with the list of those built in.
const Backend& find_backend(std::string_view name);

}  // namespace lp
