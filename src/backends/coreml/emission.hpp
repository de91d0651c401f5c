#pragma once
#include "backends/coreml/mil/build.hpp"
#include "backends/coreml/weight_forms.hpp"
#include "backends/op_table.hpp"
#include "formats/checkpoint.hpp"
#include "ir/graph.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace lp::coreml {

using mil::Element;
using mil::Sizes;
using mil::Type;
using mil::Var;

/// How a value of the graph lies in the program.
enum class Form {
  plain,     // its own axes
  channels,  // a sequence [b, s, d] as [b, d, 1, s], the layout of the Neural Engine: channels first, the
             // long axis last. Source: apple/ml-ane-transformers, "Deploying Transformers on the Apple
             // Neural Engine"
};

/// What a state of the graph is to the package.
enum class StateKind {
  kept,     // a state of Core ML, which its own runs leave to the next ones
  passed,   // the caller passes it in, and gets its next version
  read,     // the caller passes it in: another package made it
  written,  // the caller gets it, whole: this package makes it from its first row on
};

/// Whether the numbers of a value are known while the program is written.
bool is_known(const Node& node);

/// A graph on its way into a function: which of its values are there already, in which form and element type.
/// Rules read their inputs in the form that they want; what is missing is made once.
class Emission {
 public:
  /// `elements`: what each node's result is computed in, by id; `form`: how weights of layers are kept.
  Emission(const Graph& graph, const Checkpoint& checkpoint, mil::Function& function,
           std::vector<Element> elements, WeightForm form = WeightForm::whole);

  const Graph& graph() const { return graph_; }
  mil::Function& function() { return function_; }
  const Node& node(int id) const { return graph_[id]; }
  /// How many nodes and outputs read a value.
  int uses(int id) const { return uses_[static_cast<std::size_t>(id)]; }
  /// Ids of the nodes that read a value, in their order.
  const std::vector<int>& readers(int id) const { return readers_[static_cast<std::size_t>(id)]; }
  Element element(int id) const { return elements_[static_cast<std::size_t>(id)]; }

  /// Whether the value is a sequence [b, s, d].
  bool is_sequence(int id) const { return graph_[id].shape.size() == 3; }
  /// The form that a value has, or that a constant would best be asked in.
  Form form(int id) const;
  /// The value in that form and element type.
  Var get(int id, Form form, Element element);
  Var plain(int id, Element element) { return get(id, Form::plain, element); }
  Var channels(int id, Element element) { return get(id, Form::channels, element); }
  /// Whole numbers that the caller passes.
  Var indices(int id) { return get(id, Form::plain, Element::i32); }

  /// A state that the package has, by its first version.
  struct State {
    StateKind kind = StateKind::read;
    Var var;  // of the function, where it is kept
  };
  const State& state(int id) const { return states_.at(id); }
  void set_state(int id, const State& state) { states_[id] = state; }

  /// Says what a node's result is.
  void set(int id, const Var& var, Form form = Form::plain);
  bool has(int id) const { return values_.contains(id); }

  bool is_known(int id) const { return coreml::is_known(graph_[id]); }
  /// The numbers of such a value, row-major. @throws Error{internal} if they are not known.
  std::vector<float> numbers(int id) const;
  /// Numbers as a constant of the function. @throws Error{unsupported} if one is too large for `element`.
  Var constant(const std::string& name, const std::vector<float>& numbers, const Sizes& sizes,
               Element element);
  /// Weights as they lie in the checkpoint, as a constant of these sizes.
  Var weight(int id, const Sizes& sizes, Element element);
  /// In which form the package keeps a layer's weights, or a table of words: constants of the graph are
  /// whole, and of a model that is stored in 8 bits all that it has in floating numbers.
  WeightForm form_of_weight(int id) const;
  /// Such weights in that form. `axis`: that of the channels of the result, or of a table's rows.
  /// @throws Error{bad_model} for numbers that are none, Error{unsupported} for those that `element` has not.
  Var layer_weight(int id, const Sizes& sizes, std::size_t axis, Element element);
  /// The same of numbers that were made of those of `id`.
  Var layer_weight(int id, const std::vector<float>& numbers, const Sizes& sizes, std::size_t axis,
                   Element element);
  /// What `make` makes, made once for all that ask by the same key.
  Var once(const std::string& key, const std::function<Var()>& make);

 private:
  struct Value {
    Var var;
    Form form = Form::plain;
  };
  Var given(int id, Form form, Element element);
  void check_numbers(const std::string& name, const std::vector<float>& numbers, Element element) const;
  Var bytes(const std::string& name, const std::vector<float>& numbers, const Sizes& sizes, std::size_t axis,
            Element element);
  Var palette(const std::string& name, const std::vector<float>& numbers, const Sizes& sizes, int bits,
              Element element);
  Var moved(const Value& value, Form form, const std::string& name);

  const Graph& graph_;
  const Checkpoint& checkpoint_;
  mil::Function& function_;
  std::vector<Element> elements_;
  WeightForm form_;
  bool is_stored_in_bytes_;
  std::vector<int> uses_;
  std::vector<std::vector<int>> readers_;
  std::map<int, Value> values_;  // as rules made them
  std::map<int, State> states_;
  std::map<std::tuple<int, Form, Element>, Var> asked_;
  std::map<std::tuple<int, Sizes, Element>, Var> weights_, layer_weights_;
  std::map<std::string, Var> shared_;
};

/// What a node becomes in the program: reads its inputs, and sets its result.
using Rule = std::function<void(Emission&, int id)>;
using Rules = OpTable<Rule>;

void add_activation_rules(Rules& rules);
void add_attention_rules(Rules& rules);
void add_conv_rules(Rules& rules);
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

/// All of them.
const Rules& rules();

/// @throws Error{unsupported} naming the node, its op and the model's line.
[[noreturn]] void refuse(const Node& node, std::string_view why);

}  // namespace lp::coreml
