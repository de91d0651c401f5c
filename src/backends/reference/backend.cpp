#include "backends/reference/backend.hpp"

#include "backends/host_states.hpp"
#include "backends/reference/array.hpp"
#include "backends/strided_copy.hpp"
#include "base/error.hpp"
#include "formats/tensor_data.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>

namespace lp::reference {
namespace {

Rules all_rules() {
  Rules rules;
  add_activation_rules(rules);
  add_attention_rules(rules);
  add_conv_rules(rules);
  add_detection_rules(rules);
  add_elementwise_rules(rules);
  add_linear_rules(rules);
  add_norm_rules(rules);
  add_pool_rules(rules);
  add_quant_rules(rules);
  add_relative_attention_rules(rules);
  add_resize_rules(rules);
  add_row_rules(rules);
  add_shaping_rules(rules);
  add_spline_rules(rules);
  add_state_rules(rules);
  return rules;
}

const Rules& rules() {
  static const Rules table = all_rules();
  return table;
}

/// Weights as f32, converted at their first use.
class Weights final : public WeightStore {
 public:
  explicit Weights(Checkpoint checkpoint) : checkpoint_(std::move(checkpoint)) {}

  const Array& get(const std::string& path) {
    const std::scoped_lock lock(mutex_);
    const auto [it, fresh] = arrays_.try_emplace(path);
    if (fresh) {
      const auto stored = checkpoint_.tensors.find(path);
      if (stored == checkpoint_.tensors.end())
        fail(Fault::bad_model, "{}: no tensor `{}`", checkpoint_.file, path);
      it->second = {stored->second.shape, to_f32(stored->second)};
    }
    return it->second;
  }

  std::size_t size_bytes() {
    const std::scoped_lock lock(mutex_);
    std::size_t total = 0;
    for (const auto& [path, array] : arrays_) total += array.data.size() * sizeof(float);
    return total;
  }

 private:
  Checkpoint checkpoint_;
  std::mutex mutex_;
  std::map<std::string, Array> arrays_;
};

/// What all instances share: a copy of the graph's nodes, and when each value is read last.
struct Plan {
  std::vector<Node> nodes;
  std::vector<int> inputs;
  std::vector<Graph::Output> outputs;
  std::vector<Graph::StateVersions> states;
  std::vector<int> last_use;
  std::vector<bool> kept;
  std::vector<double> gflop;
  std::shared_ptr<Weights> weights;
};

class ReferenceInstance final : public Instance {
 public:
  explicit ReferenceInstance(std::shared_ptr<const Plan> plan)
      : plan_(std::move(plan)), values_(plan_->nodes.size()) {}

  void run(const Run& run) override { run_steps(run, nullptr); }

  std::vector<StepProfile> profile(const Run& run) override {
    std::vector<StepProfile> steps;
    run_steps(run, &steps);
    return steps;
  }

  std::vector<float> value(std::string_view name) const override {
    for (std::size_t id = 0; id < values_.size(); ++id)
      if (plan_->nodes[id].name == name && plan_->kept[id]) return values_[id].data;
    fail(Fault::internal, "the value `{}` was not kept", name);
  }

 private:
  void run_steps(const Run& run, std::vector<StepProfile>* times) {
    if (run.inputs.size() != plan_->inputs.size() || run.outputs.size() != plan_->outputs.size())
      fail(Fault::bad_input, "{} inputs and {} outputs given, the graph has {} and {}", run.inputs.size(),
           run.outputs.size(), plan_->inputs.size(), plan_->outputs.size());
    take_inputs(run);
    for (std::size_t id = 0; id < plan_->nodes.size(); ++id) {
      const Node& node = plan_->nodes[id];
      if (node.given()) continue;
      values_[id] = {sizes(node.shape), std::vector<float>(static_cast<std::size_t>(elements(node.shape)))};
      const auto start = std::chrono::steady_clock::now();
      compute(node, values_[id]);
      const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
      if (times != nullptr) times->push_back({node.name, "reference", plan_->gflop[id], took.count()});
      release_after(static_cast<int>(id));
    }
    for (std::size_t i = 0; i < run.outputs.size(); ++i) {
      const auto& from = values_[static_cast<std::size_t>(plan_->outputs[i].id)];
      check_view(run.outputs[i], DType::f32, from.shape, plan_->outputs[i].name);
      copy_out(from.data, run.outputs[i]);
    }
    for (const auto& [first, last] : plan_->states)
      host_states(run).write(plan_->nodes[static_cast<std::size_t>(first)].name,
                             values_[static_cast<std::size_t>(last)].data);
  }

  void take_inputs(const Run& run) {
    for (std::size_t i = 0; i < run.inputs.size(); ++i) {
      const auto id = static_cast<std::size_t>(plan_->inputs[i]);
      const Node& node = plan_->nodes[id];
      const bool whole = node.op.as<Indices>() != nullptr;
      Array& value = values_[id] = {sizes(node.shape)};
      check_view(run.inputs[i], whole ? DType::i32 : DType::f32, value.shape, node.name);
      if (whole) {
        value.indices.resize(static_cast<std::size_t>(elements(node.shape)));
        copy_in(run.inputs[i], value.indices);
      } else {
        value.data.resize(static_cast<std::size_t>(elements(node.shape)));
        copy_in(run.inputs[i], value.data);
      }
    }
    for (std::size_t id = 0; id < plan_->nodes.size(); ++id)
      if (const auto* const constant = plan_->nodes[id].op.as<Constant>())
        values_[id] = {sizes(plan_->nodes[id].shape), *constant->values};
    for (const auto& [first, last] : plan_->states) {
      const Node& node = plan_->nodes[static_cast<std::size_t>(first)];
      values_[static_cast<std::size_t>(first)] = {sizes(node.shape), host_states(run).read(node.name)};
    }
  }

  void compute(const Node& node, Array& out) {
    std::vector<const Array*> in;
    std::vector<Shape> shapes;
    for (const int id : node.inputs) {
      const Node* const from = id < 0 ? nullptr : &plan_->nodes[static_cast<std::size_t>(id)];
      const Weight* const weight = from != nullptr ? from->op.as<Weight>() : nullptr;
      in.push_back(from == nullptr     ? nullptr
                   : weight != nullptr ? &plan_->weights->get(weight->path)
                                       : &values_[static_cast<std::size_t>(id)]);
      shapes.push_back(from != nullptr ? from->shape : Shape{});
    }
    // An op whose signature has more inputs than were given sees the rest as left out.
    in.resize(std::max(in.size(), input_names(node.op.signature()).size()), nullptr);
    (*rules().find(node.op))({node.op, in, shapes, out});
  }

  void release_after(int step) {
    for (const int id : plan_->nodes[static_cast<std::size_t>(step)].inputs)
      if (id >= 0 && plan_->last_use[static_cast<std::size_t>(id)] == step &&
          !plan_->kept[static_cast<std::size_t>(id)])
        values_[static_cast<std::size_t>(id)] = {};
  }

  std::shared_ptr<const Plan> plan_;
  std::vector<Array> values_;
};

class ReferenceExecutable final : public Executable {
 public:
  explicit ReferenceExecutable(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}
  std::unique_ptr<Instance> instance() const override { return std::make_unique<ReferenceInstance>(plan_); }
  PlanMemory memory() const override { return {plan_->weights->size_bytes(), 0, 0}; }

 private:
  std::shared_ptr<const Plan> plan_;
};

class ReferenceBackend final : public Backend {
 public:
  std::string_view name() const override { return "reference"; }
  std::string version() const override { return "reference (plain loops, for checking)"; }
  Support available() const override { return {}; }
  Support computes(DType type) const override {
    if (type == DType::f32 || type == DType::i8) return {};  // levels are f32 numbers here
    return {false, "the reference computes in f32 only"};
  }
  Support supports(const Graph& graph, int id) const override {
    const Op& op = graph[id].op;
    if (graph[id].given() || rules().find(op) != nullptr) return {};
    return {false, fmt::format("reference has no rule for {}", op.name())};
  }
  std::shared_ptr<WeightStore> weights_alike(const Checkpoint& checkpoint,
                                             const std::shared_ptr<WeightStore>& /*alike*/) const override {
    return std::make_shared<Weights>(checkpoint);
  }

  std::unique_ptr<States> states(std::span<const Graph* const> graphs,
                                 const PrecisionPolicy& /*policy*/) const override {
    return std::make_unique<HostStates>(graphs, [](std::string_view) { return DType::f32; });
  }

  std::shared_ptr<const Executable> compile(const Graph& graph, const std::shared_ptr<WeightStore>& weights,
                                            const CompileOptions& options) const override {
    auto plan = std::make_shared<Plan>();
    plan->weights = std::dynamic_pointer_cast<Weights>(weights);
    LP_ASSERT(plan->weights != nullptr);
    plan->inputs = graph.inputs();
    plan->outputs = graph.outputs;
    plan->states = graph.states();
    const auto count = static_cast<std::size_t>(graph.size());
    plan->last_use.assign(count, -1);
    plan->kept.assign(count, false);
    for (int id = 0; id < graph.size(); ++id) {
      if (const Support support = supports(graph, id); !support) fail(Fault::unsupported, "{}", support.why);
      plan->nodes.push_back(graph[id]);
      plan->gflop.push_back(graph.flops(id) * 1e-9);
      for (const int input : graph[id].inputs)
        if (input >= 0) plan->last_use[static_cast<std::size_t>(input)] = id;
      plan->kept[static_cast<std::size_t>(id)] =
          std::any_of(options.keep.begin(), options.keep.end(),
                      [&](const std::string& value) { return value == "*" || value == graph[id].name; });
    }
    for (const auto& output : graph.outputs)
      plan->last_use[static_cast<std::size_t>(output.id)] = graph.size();
    for (const auto& state : plan->states)
      plan->last_use[static_cast<std::size_t>(state.last)] = graph.size();
    return std::make_shared<ReferenceExecutable>(std::move(plan));
  }
};

}  // namespace

const Backend& backend() {
  static const ReferenceBackend instance;
  return instance;
}

}  // namespace lp::reference
