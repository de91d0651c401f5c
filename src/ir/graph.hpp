#pragma once
#include "ops/op.hpp"

#include <deque>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

namespace lp {

using Here = std::source_location;

/// A node without operation: what the caller passes in. Its node's name is the input's name.
struct Input {
  static constexpr std::string_view name = "input", signature = "-> [*]";
  static void fields(auto&, auto&&) {}
};

/// The same for whole numbers: tokens, positions, lengths. Only inputs that a signature marks `:int` take
/// them.
struct Indices {
  static constexpr std::string_view name = "indices", signature = "-> [*]";
  static void fields(auto&, auto&&) {}
};

/// What an earlier run left, under the node's name: a key/value cache, zeros before the first run. An op that
/// `updates` it gives its next version, in the same memory; the last version is what the run leaves.
struct StateValue {
  static constexpr std::string_view name = "state", signature = "-> [*]";
  static void fields(auto&, auto&&) {}
};

/// A tensor of the checkpoint, by its name there.
struct Weight {
  static constexpr std::string_view name = "weight", signature = "-> [*]";
  std::string path;
  static void fields(auto& self, auto&& field) { field("path", self.path); }
};

/// A tensor that was computed when the graph was made ready (runtime/fold.hpp): row-major f32.
struct Constant {
  static constexpr std::string_view name = "constant", signature = "-> [*]";
  std::shared_ptr<const std::vector<float>> values;
  static void fields(auto&, auto&&) {}
};

/// One value and the operation that makes it.
struct Node {
  Op op;
  std::vector<int> inputs;  // ids; -1 for an optional input left out
  Shape shape;
  std::string
      name;  // scope path and op, unique in the graph: kept by passes, used by ranges, parity, profiles
  Here at;   // the model's line that made it

  /// Whether it is there before anything is computed: an input, indices, a state, a
  /// weight or a constant.
  bool given() const;
};

/// Static single assignment over tensors of static rank: a node's inputs have smaller ids than it has.
class Graph {
 public:
  explicit Graph(std::string graph_name = "main") : name(std::move(graph_name)) {}
  Graph(const Graph&) = delete;  // shapes point at its symbols
  Graph& operator=(const Graph&) = delete;
  Graph(Graph&&) noexcept = default;
  Graph& operator=(Graph&&) noexcept = default;

  /// Appends a node and gives its id. An empty name becomes "<first input>.<op>"; a name that is taken gets
  /// "#2", "#3", ...
  int add(Op op, std::vector<int> inputs, Shape shape, std::string value_name, Here at);
  /// Gives the value another name (a block's output takes the block's).
  void rename(int id, const std::string& value_name);

  const Node& operator[](int id) const { return nodes_[static_cast<std::size_t>(id)]; }
  int size() const { return static_cast<int>(nodes_.size()); }
  /// Ids of the nodes that the caller passes in (Input, Indices), in the order they were added.
  std::vector<int> inputs() const;
  /// A state, and the version of it that a run leaves: ids, equal where no op updates it.
  struct StateVersions {
    int first, last;
  };
  /// Every state, in the order they were added.
  std::vector<StateVersions> states() const;
  /// How many nodes (and graph outputs) read each value.
  std::vector<int> use_counts() const;
  /// Multiply-adds of one run of a node, times two (Op::flops).
  double flops(int id) const;

  /// A length that varies between runs, owned by the graph.
  const Symbol& declare(Symbol symbol) { return symbols_.emplace_back(std::move(symbol)); }
  const std::deque<Symbol>& symbols() const { return symbols_; }

  struct Output {
    std::string name;
    int id;
  };
  std::string name;
  std::vector<Output> outputs;

 private:
  std::string unique(std::string value_name) const;
  std::deque<Node> nodes_;
  std::deque<Symbol> symbols_;
  std::vector<std::string> names_;  // sorted
};

/// A value in a graph under construction. Copying it copies the name, not the data.
struct Tensor {
  Graph* graph = nullptr;
  int id = -1;

  const Shape& shape() const { return (*graph)[id].shape; }
  const std::string& name() const { return (*graph)[id].name; }
  /// Size of the axis called `axis`. @throws Error{bad_model} if there is none.
  Dim size(std::string_view axis) const { return shape()[axis_index(shape(), axis)].size; }
};

/// A new graph input. `value_name` is how callers pass it.
Tensor input(Graph& graph, const std::string& value_name, const Shape& shape, Here at = Here::current());

/// A new graph input of whole numbers.
Tensor indices(Graph& graph, const std::string& value_name, const Shape& shape, Here at = Here::current());

/// The state called `value_name` as the run finds it: [b, t, d], t rows of capacity.
/// @throws Error{bad_model} for another rank, or a capacity that is no multiple of 32 (runtimes want whole
/// tiles).
Tensor state(Graph& graph, const std::string& value_name, const Shape& shape, Here at = Here::current());

/// @throws Error{bad_model} if an input holds real numbers where the op's signature says `:int`, or the other
/// way.
void check_number_kinds(const Op& op, const Graph& graph, const std::vector<int>& inputs);

/// The result of `op` on `inputs` (nothing for an optional one left out), checked against the op's signature.
/// The value is called `value_name`, or after its first input.
/// @throws Error{bad_model} in the op's words, with the model's line.
Tensor apply(const Op& op, const std::vector<std::optional<Tensor>>& inputs,
             const std::string& value_name = "", Here at = Here::current());

/// The same value under the name of the block that it is the output of.
Tensor named(Tensor x, const std::string& value_name);

/// "src/models/vision/yolov8.cpp:31", without the folders above src.
std::string text(const Here& at);

}  // namespace lp
