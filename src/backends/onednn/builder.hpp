#pragma once
#include "backends/onednn/fuse.hpp"
#include "backends/onednn/levels.hpp"
#include "backends/onednn/program.hpp"
#include "backends/onednn/row_work.hpp"
#include "backends/onednn/weights.hpp"
#include "backends/op_table.hpp"

#include <map>
#include <optional>

namespace lp::onednn {

/// Whether a kernel of oneDNN, given by its name, is one of its reference ones: plain loops, far slower than
/// the processor.
bool is_reference(const std::string& kernel);

/// Makes the plan of one graph: rules ask it for their inputs and outputs and hand it steps.
class Builder {
 public:
  /// `weights` may be null: a dry run, in which primitives are made but no weight is packed. Kernels of
  /// oneDNN whose name `too_slow` says yes to are not taken; what a processor offers can be narrowed by it.
  Builder(const Graph& graph, std::shared_ptr<PackedWeights> weights, const CompileOptions& options,
          dnnl::engine engine, std::function<bool(const std::string& kernel)> too_slow = is_reference);

  const Graph& graph() const { return graph_; }
  const dnnl::engine& engine() const { return plan_.engine; }
  /// Threads of the team that will run the plan.
  int threads() const { return options_.threads; }
  const Epilogue& epilogue(int id) const { return fusion_.epilogues[static_cast<std::size_t>(id)]; }

  /// Where the value of a node lies. It may be a part of another, with strides, and levels in u8.
  const View& value(int id);
  /// The same without gaps, copied if need be (once).
  View stored(int id);
  /// The value in a floating type: itself, or converted from levels (once).
  View real(int id);
  /// The same without gaps.
  View dense(int id);
  /// The value in a floating type, [..., d] as [rows, d], copied if need be.
  View rows(int id);
  /// A buffer for the value [..., d] of a node, row-major whatever its rank, as [rows, d].
  View make_rows(int id);
  /// Where a node shall write its value: its place in the result of a concat or in the caller's output if it
  /// `can_stride` (writes at any strides), else a buffer of its own.
  View make(int id, bool can_stride);
  /// Whether a rule may change a node's value where it lies: it has memory of its own, which its reader alone
  /// looks at.
  bool can_overwrite(int id);
  /// Lets the value of a node be a view of another's memory.
  void alias(int id, const View& view);
  /// The place that `make` would give, where there is one already.
  const View* target(int id) const;
  /// Where a node will write its value, settled before lowering, so that its inputs can be offered places in
  /// it.
  View reserve(int id);
  /// Offers a node's value a place inside a larger one; taken if its rule writes at any strides and no one
  /// else needs it.
  bool offer(int id, const View& place);
  /// A buffer of its own for a value of this type and these sizes.
  View fresh(DType type, const std::vector<std::int64_t>& dims);

  /// A weight in the form `wanted`, from its row-major `dims` or as `strides` say; an empty memory in a dry
  /// run.
  dnnl::memory weight(int id, const std::vector<std::int64_t>& dims, const dnnl::memory::desc& wanted,
                      const std::vector<std::int64_t>& strides = {}) const;
  /// The same of its numbers in another order: `arrange` makes row-major `dims` of the checkpoint's.
  dnnl::memory arranged_weight(int id,
                               const std::function<std::vector<float>(std::span<const float>)>& arrange,
                               const std::vector<std::int64_t>& dims, const dnnl::memory::desc& wanted) const;
  /// Whether a node is a weight that the checkpoint has in whole numbers with scales.
  bool is_quantized(int id) const;
  /// Whether such a weight was divided by factors that its input is multiplied by.
  bool is_smoothed(int id) const;
  /// Such a weight's numbers in the form `wanted`, and its scales, f32 [rows].
  dnnl::memory weight_levels(int id, const std::vector<std::int64_t>& dims, const dnnl::memory::desc& wanted,
                             const std::vector<std::int64_t>& strides = {}) const;
  dnnl::memory weight_scales(int id) const;
  /// Such a weight's numbers and scales as the checkpoint has them.
  PackedWeights::QuantizedRows quantized_rows(int id) const;

  /// The type that a node's value is kept in: u8 where it has levels, else the policy's.
  DType type_of(int id) const { return levels_of(id) ? DType::u8 : real_type_of(id); }
  DType real_type_of(int id) const { return options_.policy.compute_type(graph_[id].name); }
  const std::optional<op::Levels>& levels_of(int id) const { return levels_[static_cast<std::size_t>(id)]; }

  /// Whether a kernel of oneDNN is too slow for a plan: ask before `primitive` where there is another way.
  bool too_slow(const std::string& kernel) const { return too_slow_(kernel); }
  /// Adds a primitive. @throws Error{unsupported} naming op, value and reason if `kernel` is too slow.
  void primitive(int id, const std::string& kernel, const dnnl::primitive& primitive,
                 const dnnl::memory::desc& scratch, std::vector<std::pair<int, View>> reads,
                 std::vector<std::pair<int, View>> writes, std::unordered_map<int, dnnl::memory> fixed = {});
  /// Adds a kernel of ours. `flops`: its arithmetic, for profiles.
  void kernel(const std::string& name, const std::string& kernel_name, std::vector<View> reads,
              std::vector<View> writes, std::function<void(const Bindings&)> function, double flops = 0);
  /// Adds a kernel of ours that makes rows of sequences from rows near them.
  void row_kernel(const std::string& name, const std::string& kernel_name, RowWork work, double flops = 0);
  /// Copies or converts a value from one place to another.
  void copy(const std::string& name, const View& from, const View& to);

  /// Lowers every node and returns the finished plan.
  Plan build();

 private:
  View fresh_for(int id);
  void find_places();
  void add_inputs();
  void add_outputs();
  void share_flops(std::size_t first_step);

  const Graph& graph_;
  std::shared_ptr<PackedWeights> weights_;
  CompileOptions options_;
  std::function<bool(const std::string&)> too_slow_;
  Plan plan_;
  Fusion fusion_;
  std::vector<int> uses_;
  std::vector<std::optional<View>> values_, targets_;
  std::vector<std::optional<op::Levels>> levels_;
  std::map<int, View> stored_, real_;
};

/// How a node is lowered.
struct Rule {
  std::function<void(Builder&, int id)> lower;
  /// Called from the outputs backwards, before lowering: may offer its inputs places inside its own output.
  std::function<void(Builder&, int id)> place = nullptr;
  /// Whether it writes its output at any strides.
  bool strided_output = false;
};
using Rules = OpTable<Rule>;

const Rules& rules();

/// Adds our kernel that rounds a dense floating value to the levels of `to`. (ops/quant.cpp)
void quantize_kernel(Builder& b, const std::string& name, const View& from, const View& to,
                     std::optional<int> factors = {});
/// Adds our kernel that makes floating numbers of dense levels. (ops/quant.cpp)
void dequantize_kernel(Builder& b, const std::string& name, const View& from, const View& to,
                       std::optional<int> factors = {});

/// Adds our kernel for the sum of two dense f32 values of one shape. `sum` may be one of them.
/// (ops/elementwise.cpp)
void add_kernel(Builder& b, const std::string& name, const View& x, const View& y, const View& sum);

// One list a family, each in its own file of ops/.
void add_activation_rules(Rules& rules);
void add_attention_rules(Rules& rules);
void add_conv_rules(Rules& rules);
void add_conv1d_rules(Rules& rules);
void add_conv_transpose1d_rules(Rules& rules);
void add_detection_rules(Rules& rules);
void add_elementwise_rules(Rules& rules);
void add_linear_rules(Rules& rules);
void add_norm_rules(Rules& rules);
void add_pool_rules(Rules& rules);
void add_quant_rules(Rules& rules);
void add_relative_attention_rules(Rules& rules);
void add_resize_rules(Rules& rules);
void add_row_rules(Rules& rules);
void add_shaping_rules(Rules& rules);
void add_spline_rules(Rules& rules);
void add_state_rules(Rules& rules);

}  // namespace lp::onednn
